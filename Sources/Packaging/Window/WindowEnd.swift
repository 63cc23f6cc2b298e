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
  /// The largest Target Duration of any session, in seconds; no playlist has a smaller one.
  /// - Source: RFC 8216 §6.2.1: EXT-X-TARGETDURATION does not change.
  package var targetDuration: Int64 = 0
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

  /// The media of the track `name`, for a window that does not list it but answers its names.
  package func unlisted(_ name: String) -> EarlierMedia? { media[name] }

  /// The number of segments that last three Target Durations; 0 if the segmentation's own is the
  /// largest one.
  /// - Source: RFC 8216bis §6.2.2
  package func minimumListed(_ segmentation: Segmentation) -> Int {
    guard targetDuration > segmentation.targetDuration else { return 0 }
    // bounded: a Target Duration is at most minutes, and a segment has at least one frame
    let three = 3 * targetDuration * Int64(segmentation.grid.rate.timescale)
    return Int((three + segmentation.segmentTicks - 1) / segmentation.segmentTicks)
  }
}
