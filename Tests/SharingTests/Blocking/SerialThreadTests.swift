// SPDX-License-Identifier: Apache-2.0

import Sharing
import TestSupport
import Testing
import Time

@Suite("Work that runs one after another", .blocking)
struct SerialThreadTests {
  @Test("work runs in the order of its arrival, never two at once; the thread begins again")
  func order() {
    let thread = SerialThread(name: "serial")
    let done = Monitor<[Int]>([])
    let isBusy = Locked(false)
    for round in 0..<2 {
      for index in 0..<200 {
        let isRun = thread.run {
          let wasBusy = isBusy.withLock { busy in
            defer { busy = true }
            return busy
          }
          // A pause of the first lets the others arrive.
          if index == 0 { SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(20)) }
          isBusy.withLock { $0 = false }
          done.update { $0.append(wasBusy ? -1 : round * 200 + index) }
        }
        #expect(isRun)
      }
      let end = MonotonicTime.hangLimit
      let found = done.wait(until: end) { $0.count == 200 * (round + 1) ? $0 : nil }
      #expect(found == Array(0..<200 * (round + 1)))
    }
  }
}
