// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Time

/// The clock by which audio is placed beside its video: one discontinuity period after another.
protocol MediaClock: Sendable {
  /// The discontinuity period `index`, or the first later period, and the period after it.
  ///
  /// - Returns: nil if neither period has published video.
  func periods(from index: Int64, now: MonotonicTime) -> (
    current: PeriodAlignment, next: PeriodAlignment?
  )?

  /// The step of the wall clock with which segment `number` starts; nil if there is none.
  ///
  /// Blocks until the video has decided whether there is one.
  func step(before number: Int64) -> ClockStep?

  /// How long ago `mediaTime` was.
  func lateness(of mediaTime: MediaTime, in period: PeriodAlignment) -> Interval
}
