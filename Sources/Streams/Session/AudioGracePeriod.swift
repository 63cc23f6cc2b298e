// SPDX-License-Identifier: Apache-2.0

import Time

/// How late audio may be before silence replaces it: at first as measured, longer after audio that
/// was later.
///
/// The measured value may be too short: an input may have had no audio when it was measured, and
/// its path may change.
struct AudioGracePeriod: Sendable {
  /// The grace period of an audio device.
  static let device = Interval.milliseconds(100)
  /// The maximum grace period.
  ///
  /// Larger delays come from a suspended sender and do not predict the next delay.
  private static let longest = Interval.seconds(2)
  /// How much longer than the largest delay the grace period is.
  private static let margin = Interval.milliseconds(30)

  /// The grace period after the time of the audio.
  private(set) var interval: Interval

  /// A grace period without late audio.
  init(_ interval: Interval) { self.interval = interval }

  /// Counts audio that arrived `lateness` after its time, when silence had replaced it.
  mutating func count(lateness: Interval) {
    let required = lateness + Self.margin
    if required <= Self.longest { interval = max(interval, required) }
  }
}
