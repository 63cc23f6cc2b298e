// SPDX-License-Identifier: Apache-2.0

import Time

/// The server's choice of a rendition for one viewer, by the chunks that had to be dropped: a pure
/// state machine.
///
/// Two drops within 10 s choose the next lower rendition; a time without drops chooses the next
/// higher one. That time is doubled each time the higher rendition soon proves too large.
struct AutomaticRendition {
  private static let memory = Interval.seconds(10)
  private static let trial = Interval.seconds(20)
  private static let shortestWait = Interval.seconds(10)
  private static let longestWait = Interval.seconds(160)

  /// The index in the ladder; 0 is the top rendition.
  private(set) var index = 0
  /// The last drop; nil after a change.
  private var droppedAt: MonotonicTime?
  private var changedAt: MonotonicTime
  private var raisedAt = MonotonicTime.distantPast
  private var wait = shortestWait

  /// The top rendition.
  init(now: MonotonicTime) { changedAt = now }

  /// Chunks were dropped; the ladder has `count` renditions.
  mutating func dropped(now: MonotonicTime, of count: Int) {
    defer { droppedAt = now }
    guard let last = droppedAt, now - last <= Self.memory, index + 1 < count else { return }
    index += 1
    if now - raisedAt < Self.trial {
      // bounded: intervals saturate
      wait = min(Self.longestWait, wait * 2)
    } else {
      wait = Self.shortestWait
    }
    changedAt = now
    droppedAt = nil
  }

  /// Chooses a higher rendition after a time without drops.
  mutating func step(_ now: MonotonicTime) {
    guard index > 0, now - max(changedAt, droppedAt ?? changedAt) >= wait else { return }
    index -= 1
    changedAt = now
    raisedAt = now
    droppedAt = nil
  }
}
