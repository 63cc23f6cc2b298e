// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The announced time of the media after those that a Media Playlist lists, line by line: pure.
///
/// A segment without EXT-X-PROGRAM-DATE-TIME begins at the end of the one before.
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.4.4.6
struct ProgramDate: Sendable, Equatable {
  /// The time of the first frame of the present segment.
  private var segment: WallTime?
  /// Whether a tag of the present segment states its time.
  private var isStated = false
  private var duration = Interval.zero
  /// The listed parts of the present segment.
  private var parts = Interval.zero

  /// The time of the first frame that is not listed; nil if it is unknown.
  var next: WallTime? { segment.map { $0 + parts } }

  /// Takes a line of a Media Playlist.
  mutating func take(_ line: PlaylistText.Line) {
    switch line.tag {
    case nil:
      segment = segment.map { $0 + duration }
      (isStated, duration, parts) = (false, .zero, .zero)
    case "#EXT-X-PROGRAM-DATE-TIME":
      segment = InstantText.date(line.value)
      isStated = true
    case "#EXT-X-DISCONTINUITY": if !isStated { segment = nil }
    case "#EXTINF": set(MediaPlaylist.duration(line.value)) { $0.duration = $1 }
    case "#EXT-X-PART": set(line.attributes?.seconds("DURATION")) { $0.parts = $0.parts + $1 }
    default: break
    }
  }

  /// Applies a duration; without one the time is unknown until the next tag.
  private mutating func set(_ seconds: Double?, _ apply: (inout Self, Interval) -> Void) {
    guard let seconds else { return segment = nil }
    // bounded: a year
    apply(&self, .nanoseconds(Int64((seconds * 1e9).rounded())))
  }
}
