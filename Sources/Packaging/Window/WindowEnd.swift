// SPDX-License-Identifier: Apache-2.0

package import Encryption
package import Media

/// The end of a session, which the windows of the stream's next session continue.
///
/// The first new segment of such a window begins with a Discontinuity: its timestamps do not follow
/// those of the segment before. Neither the Media Sequence Number nor the Discontinuity Sequence
/// Number falls (RFC 8216bis §6.2.2), and no Period has the id of an earlier one.
package struct WindowEnd: Sendable {
  /// The newest segment of any rendition.
  package let segment: Int64
  /// The number of Discontinuities since the stream began.
  package let discontinuities: Int64
  /// The index of the newest period.
  package let period: Int64
  /// The last events.
  package var events: [TimedEvent] = []
  /// The segment number since 1970 minus the number in a name; see ``MediaNames/base``.
  package var base: Int64 = 0
  /// The newest media of each track, by its name; empty if the next session begins without.
  var media: [String: EarlierMedia] = [:]
  /// The keys of the media; nil if it is clear.
  var keys: StreamKeys?

  /// The counts of a session.
  package init(segment: Int64, discontinuities: Int64, period: Int64) {
    self.segment = segment
    self.discontinuities = discontinuities
    self.period = period
  }

  /// The same end, whose media the next session does not have.
  package var withoutMedia: WindowEnd {
    var end = self
    end.media = [:]
    return end
  }

  /// The media with which the windows of a session begin, by track; none if not all of them can.
  ///
  /// - Parameters:
  ///   - tracks: the names and segmentations of the session's tracks.
  ///   - keys: the keys of its media; nil if it is clear.
  /// - Returns: the media by the names of their tracks.
  package func media(
    for tracks: [(name: String, segmentation: TrackSegmentation)], _ keys: StreamKeys?
  ) -> [String: EarlierMedia] {
    let isContinued = tracks.allSatisfy { media[$0.name]?.fits($0.segmentation) == true }
    return isContinued && keys == self.keys ? media : [:]
  }
}
