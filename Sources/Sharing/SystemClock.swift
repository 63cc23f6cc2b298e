// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Time

/// The clocks of the machine.
package enum SystemClock {
  /// The present instant of CLOCK_MONOTONIC.
  ///
  /// It never steps and does not count while the machine is suspended.
  package static var monotonicTime: MonotonicTime {
    MonotonicTime(nanoseconds: clinux_clock_ns(CLOCK_MONOTONIC))
  }

  /// The present instant of CLOCK_REALTIME, which may be set at any time.
  package static var wallTime: WallTime { WallTime(nanoseconds: clinux_clock_ns(CLOCK_REALTIME)) }

  /// The present instant of CLOCK_BOOTTIME, which never steps and counts while the machine is
  /// suspended; its distance from ``monotonicTime`` is not constant.
  package static var bootTime: MonotonicTime {
    MonotonicTime(nanoseconds: clinux_clock_ns(CLOCK_BOOTTIME))
  }

  /// Wall minus monotonic clock, from the closest of three pairs of readings.
  package static var wallMinusMonotonic: Interval {
    var best = (gap: Interval.max, difference: Interval.zero)
    for _ in 0..<3 {
      let before = monotonicTime
      let wall = wallTime
      let gap = monotonicTime - before
      if gap < best.gap { best = (gap, wall.offset(from: before) - gap / 2) }
    }
    return best.difference
  }

  /// Sleeps until the monotonic clock shows `deadline`.
  package static func sleep(until deadline: MonotonicTime) {
    while clinux_sleep_until(deadline.nanoseconds) == EINTR {}
  }

  /// Sets the timer slack of the calling thread to 1 ns (default 50 µs): sleeps end on time.
  package static func sharpenSleep() { _ = clinux_set_timer_slack(1) }

  /// Whether the kernel considers the wall clock synchronised, and the kernel's estimate of the
  /// error.
  package static var synchronization: (isSynchronized: Bool, estimatedError: Interval) {
    var state = timex()
    let result = unsafe adjtimex(&state)
    return (result >= 0 && result != TIME_ERROR, .microseconds(Int64(state.esterror)))
  }
}
