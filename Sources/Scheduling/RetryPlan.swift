// SPDX-License-Identifier: Apache-2.0

package import Time

/// The times at which a missing source is retried: a pure state machine.
///
/// Every half second for the first minute, so that a source that returns is seen at once; then the
/// interval doubles up to five seconds.
package struct RetryPlan: Sendable {
  /// The interval of a listener: it waits while it listens, and must not miss the sender.
  private static let listenerInterval = Interval.milliseconds(20)
  /// The interval after an authentication failure: cameras lock out clients that retry too often.
  private static let deniedInterval = Interval.seconds(30)
  /// How long the first interval is kept.
  private static let gracePeriod = Interval.seconds(60)

  private let isListener: Bool
  private var missingSince: MonotonicTime?
  /// The time between attempts.
  private var pause = DoublingPause(.milliseconds(500) ... .seconds(5))

  /// A plan for a source that is not missing; a listener waits for its sender.
  package init(isListener: Bool) { self.isListener = isListener }

  /// Notes that the source supplies frames.
  package mutating func succeeded() {
    missingSince = nil
    pause.reset()
  }

  /// Notes that an attempt failed, or that the source was lost, at `now`.
  ///
  /// - Returns: the time of the next attempt.
  package mutating func failed(at now: MonotonicTime, isDenied: Bool = false) -> MonotonicTime {
    if isDenied { return now + Self.deniedInterval }
    if isListener { return now + Self.listenerInterval }
    let since = missingSince ?? now
    missingSince = since
    if now - since > Self.gracePeriod { pause.double() }
    return now + pause.length
  }
}
