// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Scheduling
import Sharing
import Time

/// The media clock of an encoded stream: one period, placed by the clock of the frame grid.
struct FrameGridClock: MediaClock {
  let segmentation: Segmentation
  /// The clock with which the stream session started.
  let start: StreamClock
  let feed: SlotFeed
  let stop: StopFlag
  /// How long audio waits for the grid at the start of a segment.
  let stepTimeout: Interval

  /// The stream's clock, with the steps of the wall clock that were announced.
  var current: StreamClock { feed.read(\.clock) ?? start }

  func periods(
    from index: Int64, now: MonotonicTime
  ) -> (current: PeriodAlignment, next: PeriodAlignment?)? {
    let period = PeriodAlignment(
      index: 0, first: .init(number: 0, firstFrame: 0, offset: .zero), captured: .origin,
      offset: .zero,
      newest: (now, mediaTime(at: now)))
    return (period, nil)
  }

  /// The media time at `now`.
  func mediaTime(at now: MonotonicTime) -> MediaTime {
    current.mediaTime(at: now, on: segmentation)
  }

  /// Waits until the grid has closed the first frame slot of the segment.
  ///
  /// Usually the slot is closed already. The wait lets the Discontinuities of all renditions
  /// precede the same segment.
  func step(before number: Int64) -> ClockStep? {
    let first = segmentation.firstFrame(of: number)
    let deadline = SystemClock.monotonicTime + stepTimeout
    while !stop.isSet, SystemClock.monotonicTime < deadline {
      if let (next, steps) = feed.read({ ($0.nextFrameIndex, $0.steps) }), next > first {
        return steps.last { $0.expected == number }
      }
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(1))
    }
    return nil
  }

  func lateness(of mediaTime: MediaTime, in period: PeriodAlignment) -> Interval {
    self.mediaTime(at: SystemClock.monotonicTime) - mediaTime
  }
}
