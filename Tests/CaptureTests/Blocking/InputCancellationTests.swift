// SPDX-License-Identifier: Apache-2.0

import Sharing
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("Calls of an input that may never return", .blocking)
struct InputCancellationTests {
  /// Whether a call is stuck at the limit of `work`, counted from `start`.
  private func isStuck(_ watch: CallWatchdog, _ start: MonotonicTime, _ work: CallWatchdog.Work)
    -> Bool
  {
    let end = start + work.limit + .milliseconds(1)
    // A watch is asked four times a second; a longer interval is a pause of the process.
    _ = watch.stuck(at: end - .milliseconds(250))
    _ = watch.stuck(at: end - .milliseconds(1))
    return watch.stuck(at: end) != nil
  }

  @Test("a call that asks whether it must end is not stuck, unless it must")
  func asking() {
    let watch = CallWatchdog()
    let cancellation = InputCancellation(parent: InputCancellation(watch: watch))
    for (deadline, expected) in [
      (nil, false), (MonotonicTime.distantFuture, false), (MonotonicTime.origin, true),
    ] as [(MonotonicTime?, Bool)] {
      cancellation.setDeadline(deadline)
      cancellation.during(.reading) {
        let start = SystemClock.monotonicTime
        SystemClock.sleep(until: start + .milliseconds(10))
        _ = cancellation.isDue
        #expect(isStuck(watch, start, .reading) == expected)
      }
    }
  }

  @Test("a call that asks nothing is stuck; one that has ended is not")
  func silent() {
    let watch = CallWatchdog()
    let cancellation = InputCancellation(watch: watch)
    cancellation.during(.connecting) {
      cancellation.during(.reading) {
        let start = SystemClock.monotonicTime
        SystemClock.sleep(until: start + .milliseconds(10))
        #expect(isStuck(watch, start, .reading))
      }
    }
    #expect(!isStuck(watch, SystemClock.monotonicTime, .reading))
    #expect(InputCancellation().during(.reading) { 7 } == 7)
  }
}
