// SPDX-License-Identifier: Apache-2.0

import Sharing
import Testing
import Time

@testable import Streams

@Suite("The watch of units of work")
struct WorkWatchTests {
  @Test("only a unit that lasts longer than the limit is stuck")
  func stuck() {
    let watch = WorkWatch()
    let now = SystemClock.monotonicTime
    #expect(!watch.isStuck(at: now + .seconds(3600)))
    let result = watch.during {
      #expect(watch.during { !watch.isStuck(at: SystemClock.monotonicTime) })
      #expect(!watch.isStuck(at: now + .seconds(3)))
      #expect(watch.isStuck(at: SystemClock.monotonicTime + WorkWatch.limit + .seconds(1)))
      return 7
    }
    #expect(result == 7 && !watch.isStuck(at: now + .seconds(3600)))
  }
}
