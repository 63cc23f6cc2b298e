// SPDX-License-Identifier: Apache-2.0

package import Packaging

/// A Rendition Report in the playlist of another rendition.
///
/// - Source: RFC 8216bis §4.4.5.4
package struct RenditionReport: Sendable, Equatable {
  /// The reported playlist, relative to the playlist with the report.
  package let uri: String
  /// The end of the reported playlist; nil if it equals that of the playlist with the report.
  ///
  /// The publish gate makes the last parts of a ladder's renditions equal.
  package let last: Position?

  /// The position of the last part, or segment, of a playlist.
  package struct Position: Sendable, Equatable {
    /// The number of its segment, counted from 1970.
    package let segment: Int64
    /// The Part Index; nil if the last segment has no parts, as a gap has none.
    package let index: Int64?

    /// A position.
    package init(segment: Int64, index: Int64?) {
      self.segment = segment
      self.index = index
    }

    /// The end of a window's playlist; nil if that has no segment.
    package init?(endOf snapshot: WindowSnapshot) {
      if let part = snapshot.lastListedPart {
        (segment, index) = (part.segment, part.index)
      } else if let last = snapshot.segments.last {
        (segment, index) = (last.number, nil)
      } else {
        return nil
      }
    }
  }

  /// A report with these values.
  package init(uri: String, last: Position? = nil) {
    self.uri = uri
    self.last = last
  }
}
