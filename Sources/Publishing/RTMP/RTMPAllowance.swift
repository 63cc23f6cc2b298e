// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// The messages that one RTMP client may send.
struct RTMPAllowance {
  /// The messages at once, and per second in the long run: 32 tracks of 120 frames/s have 4000.
  private static let messages = (burst: Int64(20_000), rate: Int64(5000))
  /// Those of them without media.
  private static let controlMessages = (burst: Int64(100), rate: Int64(30))

  /// The limits for the log.
  static let limits =
    "at most \(messages.rate) per second, without media \(controlMessages.rate)"

  private var all: RateAllowance
  private var control: RateAllowance

  /// The allowance of a client that connects at `now`.
  init(now: MonotonicTime) {
    all = RateAllowance(burst: Self.messages.burst, rate: Self.messages.rate, now: now)
    control = RateAllowance(
      burst: Self.controlMessages.burst, rate: Self.controlMessages.rate, now: now)
  }

  /// Counts messages, of which `control` have no media; false if there are too many.
  mutating func take(_ count: Int, control controlCount: Int, now: MonotonicTime) -> Bool {
    all.take(Int64(clamping: count), now: now)
      && control.take(Int64(clamping: controlCount), now: now)
  }
}
