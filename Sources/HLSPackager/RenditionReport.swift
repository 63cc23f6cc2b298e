// SPDX-License-Identifier: Apache-2.0

/// What a playlist says of another rendition's: EXT-X-RENDITION-REPORT.
/// - Source: RFC 8216bis §4.4.5.4
package struct RenditionReport: Sendable, Equatable {
  /// Of the other playlist, relative to this one.
  package let uri: String
  /// The last part that it lists; nil where it lists the same parts as the playlist with the report, as the rungs of
  /// a ladder do, which a publish gate keeps in step.
  package let last: Position?

  /// A part by its place.
  package struct Position: Sendable, Equatable {
    /// The number of its segment, counted from 1970.
    package let segment: Int64
    /// The Part Index.
    package let index: Int64

    /// A place.
    package init(segment: Int64, index: Int64) {
      self.segment = segment
      self.index = index
    }
  }

  /// A report as described.
  package init(uri: String, last: Position? = nil) {
    self.uri = uri
    self.last = last
  }
}
