// SPDX-License-Identifier: Apache-2.0

import Time

/// Limits the samples of a device to real time: a pure state machine.
///
/// A file that plays as a device returns samples without delay. A real device is ahead only by the
/// error of its crystal; time is therefore counted slightly fast.
struct DeviceRateLimiter: Sendable {
  /// The largest lead of a real device.
  static let tolerance = Interval.milliseconds(20)
  /// Above the error of any crystal, in parts per million.
  static let crystal: Int64 = 500

  private let rate: Int64
  private var anchor: MonotonicTime
  private var taken: Int64 = 0

  init(rate: Int64, now: MonotonicTime) {
    self.rate = rate
    anchor = now
  }

  /// The time to wait before the next read; zero if the device is not ahead.
  func ahead(now: MonotonicTime) -> Interval {
    let lead = lead(now)
    return lead > Self.tolerance ? lead : .zero
  }

  /// Counts `samples` that were read at `now`.
  mutating func took(_ samples: Int64, now: MonotonicTime) {
    taken += samples
    guard lead(now) < .zero else { return }
    anchor = now
    taken = 0
  }

  private func lead(_ now: MonotonicTime) -> Interval {
    let elapsed = now - anchor
    return Interval(ticks: taken, timescale: rate) - elapsed - elapsed / 1_000_000 * Self.crystal
  }
}
