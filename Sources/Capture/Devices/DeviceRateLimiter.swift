// SPDX-License-Identifier: Apache-2.0

/// Whether a device gives more sound than time passes: a pure state machine.
///
/// A file that plays as a device answers at once whatever is asked of it. A real device is ahead by its crystal's
/// error alone, for which time is counted a little fast.
struct DeviceRateLimiter: Sendable {
  /// Ahead by less is what real devices are; nanoseconds.
  static let tolerance: Int64 = 20_000_000
  /// More than any crystal is off; parts per million.
  static let crystal: Int64 = 500

  private let rate: Int64
  private var anchor: Int64
  private var taken: Int64 = 0

  init(rate: Int64, now: Int64) {
    self.rate = rate
    anchor = now
  }

  /// How long to wait before more is taken, in nanoseconds; 0 where sound does not come too fast.
  func ahead(now: Int64) -> Int64 {
    let lead = lead(now)
    return lead > Self.tolerance ? lead : 0
  }

  /// Samples were taken.
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
