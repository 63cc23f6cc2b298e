// SPDX-License-Identifier: Apache-2.0

import Time

/// Limits how often an expensive text is rendered: ten times at once, then ten times per second.
///
/// A pure state machine.
struct RenderBudget: Sendable {
  /// The part of the budget that one text uses.
  static let interval = Interval.milliseconds(100)
  /// The number of texts that may be rendered at once.
  static let burst: Int64 = 10

  /// When the budget used by all texts so far is restored.
  private var usedUntil = MonotonicTime.distantPast

  /// Counts a text at `now`; a text above the budget is not counted.
  ///
  /// - Returns: whether the text is within the budget.
  mutating func take(at now: MonotonicTime) -> Bool {
    let begin = max(usedUntil, now)
    guard begin - now <= Self.interval * (Self.burst - 1) else { return false }
    usedUntil = begin + Self.interval
    return true
  }
}
