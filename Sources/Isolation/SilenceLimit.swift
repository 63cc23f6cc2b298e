// SPDX-License-Identifier: Apache-2.0

import Time

/// When an end that sends nothing counts as silent: a pure state machine of one wait.
///
/// A wait is divided into intervals. If one lasts far longer than it should, this process itself
/// was stopped, and maybe the other one with it: by a paused container, a stopped virtual machine,
/// a suspended computer. The other end then has some more time, once.
struct SilenceLimit {
  /// The longest interval.
  static let interval = Interval.milliseconds(500)
  /// By how much an interval is too long only if this process did not run.
  static let tolerance = Interval.milliseconds(100)
  /// The least time that the other end still gets after this process was stopped.
  ///
  /// After a pause of the whole machine all processes run at once. One with a low priority may need
  /// a second until it is its turn.
  static let grace = Interval.milliseconds(1500)

  private var deadline: MonotonicTime
  private var due: MonotonicTime?
  private var hasExtended = false

  /// A wait until `deadline`.
  init(_ deadline: MonotonicTime) { self.deadline = deadline }

  /// How long to wait at `now`; nil if the other end is silent.
  mutating func next(at now: MonotonicTime) -> Interval? {
    let extended = now + Self.grace
    if !hasExtended, let due, now - due > Self.tolerance, extended > deadline {
      hasExtended = true
      deadline = extended
    }
    guard now < deadline else { return nil }
    let left = min(deadline - now, deadline == .distantFuture ? .seconds(3600) : Self.interval)
    due = now + left
    return left
  }
}
