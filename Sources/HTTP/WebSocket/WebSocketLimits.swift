// SPDX-License-Identifier: Apache-2.0

package import Time

/// The limits of a WebSocket; times are checked at the interval of ``HTTPLimits``.
package struct WebSocketLimits: Sendable {
  /// The maximum number of bytes of a message of the client; above it the code is 1009.
  package var messageBytes = 16 * 1024
  /// The frames that a client may send at once.
  package var frameBurst: Int64 = 100
  /// The frames per second that a client may send in the long run; above it the code is 1008.
  package var frameRate: Int64 = 30
  /// The time without bytes of the client after which it gets a Ping frame.
  package var pingTime = Interval.seconds(20)
  /// The time without bytes of the client after the Ping frame; then the connection is cut.
  package var pongTime = Interval.seconds(20)
  /// Unsent bytes above which the kernel takes no more.
  package var unsentBytes = 16 * 1024

  /// The defaults.
  package init() {}
}

/// The frames that a client may send now: a pure token bucket.
struct FrameAllowance {
  private let burst: Int64
  private let rate: Int64
  private var left: Int64
  private var since: MonotonicTime

  init(_ limits: WebSocketLimits, now: MonotonicTime) {
    burst = limits.frameBurst
    rate = limits.frameRate
    left = limits.frameBurst
    since = now
  }

  /// Takes one frame; false if too many were taken.
  mutating func take(now: MonotonicTime) -> Bool {
    let interval = Interval.seconds(1) / max(1, rate)
    let earned = (now - since).count(of: interval)
    if earned > 0 {
      left = min(burst, left.addingSaturated(earned))
      // bounded: intervals saturate
      since += interval * earned
    }
    guard left > 0 else { return false }
    left -= 1
    return true
  }
}
