// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Sharing
import Time

/// The media clock of a pass-through stream: audio follows the video that readers can see.
struct VideoTimelineClock: MediaClock {
  let timeline: Locked<VideoTimeline>

  func periods(
    from index: Int64, now: MonotonicTime
  ) -> (current: PeriodAlignment, next: PeriodAlignment?)? {
    timeline.withLock { timeline in
      timeline.period(from: index).map { ($0, timeline.period(from: $0.index + 1)) }
    }
  }

  /// Always nil: each step of the wall clock starts a period, so no segment within one has a step.
  func step(before number: Int64) -> ClockStep? { nil }

  func lateness(of mediaTime: MediaTime, in period: PeriodAlignment) -> Interval {
    let offset = period.segments.last?.offset ?? period.offset
    return MediaTime(SystemClock.wallTime, minus: offset) - mediaTime
  }
}
