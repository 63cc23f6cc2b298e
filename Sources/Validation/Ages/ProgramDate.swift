// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The announced time of the media after those that a Media Playlist lists, line by line: pure.
///
/// A segment without EXT-X-PROGRAM-DATE-TIME begins at the end of the one before.
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.4.4.6
struct ProgramDate: Sendable, Equatable {
  /// The longest duration that is believed.
  private static let longest = 86_400.0

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
  mutating func take(_ line: Substring) {
    if !line.hasPrefix("#") {
      segment = segment.map { $0 + duration }
      (isStated, duration, parts) = (false, .zero, .zero)
    } else if line.hasPrefix("#EXT-X-PROGRAM-DATE-TIME:") {
      segment = InstantText.date(line.drop { $0 != ":" }.dropFirst())
      isStated = true
    } else if line == "#EXT-X-DISCONTINUITY" {
      if !isStated { segment = nil }
    } else if line.hasPrefix("#EXTINF:") {
      set(Self.seconds(line.drop { $0 != ":" }.dropFirst())) { $0.duration = $1 }
    } else if line.hasPrefix("#EXT-X-PART:") {
      // bounded: the range is within the line
      let value = line.firstRange(of: "DURATION=").map { line[$0.upperBound...] }
      set(value.flatMap { Self.seconds($0) }) { $0.parts = $0.parts + $1 }
    }
  }

  /// Applies a duration; without one the time is unknown until the next tag.
  private mutating func set(_ value: Interval?, _ apply: (inout Self, Interval) -> Void) {
    guard let value else { return segment = nil }
    apply(&self, value)
  }

  /// The number before a comma or the end.
  private static func seconds(_ text: Substring) -> Interval? {
    guard let seconds = Double(text.prefix { $0 != "," }), (0...longest).contains(seconds) else {
      return nil
    }
    // bounded: a day
    return .nanoseconds(Int64((seconds * 1e9).rounded()))
  }
}
