// SPDX-License-Identifier: Apache-2.0

import Time

/// How often a dear text may be rendered: ten times at once, and then ten times a second.
///
/// A pure state machine.
struct RenderBudget: Sendable {
  /// The time that a text uses up.
  static let interval = Interval.milliseconds(100)
  /// The number of texts that may be rendered at once.
  static let burst: Int64 = 10

  /// When the time of all texts so far is used up.
  private var usedUntil = MonotonicTime.distantPast

  /// Counts a text at `now`; false if it exceeds the budget, and is not counted.
  mutating func take(at now: MonotonicTime) -> Bool {
    let begin = max(usedUntil, now)
    guard begin - now <= Self.interval * (Self.burst - 1) else { return false }
    usedUntil = begin + Self.interval
    return true
  }
}
