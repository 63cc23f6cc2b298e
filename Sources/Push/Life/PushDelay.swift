// SPDX-License-Identifier: Apache-2.0

package import Time

/// The time until a receiver is tried again: 0.5 to 30 s.
///
/// After a lost connection it is a tenth of the outage so far: a receiver that is back soon gets
/// its media soon. A receiver that refuses is asked half as often each time.
package struct PushDelay: Sendable {
  /// The shortest and the longest time.
  package static let range = Interval.milliseconds(500)...Interval.seconds(30)
  /// How long a receiver must take media until its next fault begins another outage.
  package static let steadyTime = Interval.seconds(5)

  private var outageStart: MonotonicTime?
  /// The time after a refusal.
  private var refused = DoublingPause(Self.range)

  /// The delay of a receiver that has not failed.
  package init() {}

  /// A connection has failed.
  ///
  /// - Parameters:
  ///   - isRefusal: whether the receiver has refused the stream.
  ///   - delivering: since when it had taken media; nil if it had not.
  ///   - now: the time.
  /// - Returns: the time until the next attempt.
  package mutating func failed(
    isRefusal: Bool, delivering: MonotonicTime?, _ now: MonotonicTime
  ) -> Interval {
    if let delivering, now - delivering >= Self.steadyTime { self = PushDelay() }
    let start = outageStart ?? now
    outageStart = start
    let lost = (now - start) / 10
    guard isRefusal else { return min(max(lost, Self.range.lowerBound), Self.range.upperBound) }
    return refused.next()
  }
}
