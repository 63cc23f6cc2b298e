// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// Which complete segments playlists list, also over an outage of the source: pure.
///
/// The newest ones, as many as are configured. If the first of them has no media because of an
/// outage, the playlist begins with the last media before the outage, while it then has at most
/// ``most`` entries. Later it begins with the first media after the outage, or, until that lasts
/// three Target Durations, with as few gaps as make up that time (RFC 8216bis §6.2.2).
///
/// The first number never falls while segments are appended and the oldest are removed.
package struct ListedSegments: Sendable {
  /// The most entries of a playlist that begins with the media before an outage.
  package static let most = 30

  /// The usual number of entries.
  let length: Int
  /// The least duration of a playlist, in ticks.
  private let leastTicks: Int64

  /// A list of `length` segments of a track.
  init(length: Int, _ segmentation: TrackSegmentation) {
    self.length = length
    // bounded: a Target Duration is at most minutes
    leastTicks = 3 * segmentation.targetDuration * Int64(segmentation.timescale)
  }

  /// The index of the first listed segment; `more` entries are added to the usual number.
  func start(in segments: [Segment], more: Int = 0) -> Int {
    let usual = max(0, segments.count - length - more)
    guard usual < segments.count, segments[usual].isOutage else { return usual }
    let before = segments[..<usual].lastIndex { !$0.isOutage }
    if let before, segments.count - before <= Self.most + more { return before }
    guard let after = segments[usual...].firstIndex(where: { !$0.isOutage }) else { return usual }
    var (start, ticks) = (segments.count, Int64(0))
    while start > usual, start > after || ticks < leastTicks {
      start -= 1
      ticks = ticks.addingSaturated(segments[start].duration)
    }
    return start
  }
}
