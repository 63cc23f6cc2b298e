// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Time

/// The clocks of the machine, in nanoseconds.
package enum SystemClock {
  /// CLOCK_MONOTONIC: never steps, does not count while the machine is suspended.
  package static var monotonic: Int64 { clinux_clock_ns(CLOCK_MONOTONIC) }

  /// CLOCK_REALTIME: since 1970; may be set at any time.
  package static var wall: Int64 { clinux_clock_ns(CLOCK_REALTIME) }

  /// The present instant of the monotonic clock.
  package static var monotonicTime: MonotonicTime { MonotonicTime(nanoseconds: monotonic) }

  /// The present instant of the wall clock.
  package static var wallTime: WallTime { WallTime(nanoseconds: wall) }

  /// Wall minus monotonic clock, from the closest of three pairs of readings.
  package static var wallMinusMonotonic: Int64 {
    var best: (gap: Int64, difference: Int64) = (.max, 0)
    for _ in 0..<3 {
      let before = monotonic
      let wall = wall
      let after = monotonic
      if after - before < best.gap { best = (after - before, wall - before - (after - before) / 2) }
    }
    return best.difference
  }

  /// Sleeps until the monotonic clock shows `deadline`.
  package static func sleep(until deadline: Int64) {
    while clinux_sleep_until(deadline) == EINTR {}
  }

  /// Sets the timer slack of the calling thread to 1 ns (default 50 µs): sleeps end on time.
  package static func sharpenSleep() { _ = clinux_set_timer_slack(1) }

  /// Whether the kernel considers the wall clock synchronised, and the kernel's estimate of the
  /// error.
  package static var synchronization: (isSynchronized: Bool, estimatedErrorNanoseconds: Int64) {
    var state = timex()
    let result = unsafe adjtimex(&state)
    return (result >= 0 && result != TIME_ERROR, Int64(state.esterror) * 1000)
  }
}
