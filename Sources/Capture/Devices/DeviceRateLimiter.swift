// SPDX-License-Identifier: Apache-2.0

/// Limits the samples of a device to real time: a pure state machine.
///
/// A file that plays as a device returns samples without delay. A real device is ahead only by the
/// error of its crystal; time is therefore counted slightly fast.
struct DeviceRateLimiter: Sendable {
  /// The largest lead of a real device, in nanoseconds.
  static let tolerance: Int64 = 20_000_000
  /// Above the error of any crystal, in parts per million.
  static let crystal: Int64 = 500

  private let rate: Int64
  private var anchor: Int64
  private var taken: Int64 = 0

  init(rate: Int64, now: Int64) {
    self.rate = rate
    anchor = now
  }

  /// The time to wait before the next read, in nanoseconds; 0 if the device is not ahead.
  func ahead(now: Int64) -> Int64 {
    let lead = lead(now)
    return lead > Self.tolerance ? lead : 0
  }

  /// Counts `samples` that were read at `now`.
  mutating func took(_ samples: Int64, now: Int64) {
    taken += samples
    guard lead(now) < 0 else { return }
    anchor = now
    taken = 0
  }

  private func lead(_ now: Int64) -> Int64 {
    let elapsed = now - anchor
    return Int64(Int128(taken) * 1_000_000_000 / Int128(rate)) - elapsed - elapsed / 1_000_000
      * Self.crystal
  }
}
