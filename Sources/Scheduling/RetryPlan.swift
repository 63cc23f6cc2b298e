// SPDX-License-Identifier: Apache-2.0

/// The times at which a missing source is retried: a pure state machine.
///
/// Every half second for the first minute, so that a source that returns is seen at once; then the
/// interval doubles up to five seconds. Times are monotonic nanoseconds.
package struct RetryPlan: Sendable {
  /// The interval between attempts, at first and at most.
  private static let interval: (first: Int64, longest: Int64) = (500_000_000, 5_000_000_000)
  /// The interval of a listener: it waits while it listens, and must not miss the sender.
  private static let listenerInterval: Int64 = 20_000_000
  /// The interval after an authentication failure: cameras lock out clients that retry too often.
  private static let deniedInterval: Int64 = 30_000_000_000
  /// How long the first interval is kept.
  private static let gracePeriod: Int64 = 60_000_000_000

  private let isListener: Bool
  private var missingSince: Int64?
  private var interval = Self.interval.first

  /// A plan for a source that is not missing; a listener waits for its sender.
  package init(isListener: Bool) { self.isListener = isListener }

  /// Notes that the source supplies frames.
  package mutating func succeeded() {
    missingSince = nil
    interval = Self.interval.first
  }

  /// Notes that an attempt failed, or that the source was lost, at `now`.
  ///
  /// - Returns: the time of the next attempt.
  package mutating func failed(at now: Int64, isDenied: Bool = false) -> Int64 {
    if isDenied { return now + Self.deniedInterval }
    if isListener { return now + Self.listenerInterval }
    let since = missingSince ?? now
    missingSince = since
    if now - since > Self.gracePeriod { interval = min(2 * interval, Self.interval.longest) }
    return now + interval
  }
}
