// SPDX-License-Identifier: Apache-2.0

package import Time

/// The messages of a client, or other events, that are permitted now: a pure token bucket.
package struct RateAllowance: Sendable {
  private let burst: Int64
  private let interval: Interval
  private var left: Int64
  private var since: MonotonicTime

  /// A full allowance.
  ///
  /// - Parameters:
  ///   - burst: the events that are permitted at once.
  ///   - rate: the events per second in the long run.
  ///   - now: the present time.
  package init(burst: Int64, rate: Int64, now: MonotonicTime) {
    self.burst = burst
    interval = Interval.seconds(1) / max(1, rate)
    left = burst
    since = now
  }

  /// Takes `count` events; false if too many were taken.
  package mutating func take(_ count: Int64 = 1, now: MonotonicTime) -> Bool {
    let earned = (now - since).count(of: interval)
    if earned > 0 {
      left = min(burst, left.addingSaturated(earned))
      // bounded: intervals saturate
      since += interval * earned
    }
    guard left >= count else { return false }
    left -= count
    return true
  }
}
