// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("An encoder that falls behind")
struct OverloadMonitorTests {
  @Test("an encoder one second behind is overloaded until it is below 200 ms")
  func monitor() {
    var monitor = OverloadMonitor()
    let ages: [(milliseconds: Int64, change: OverloadMonitor.Change)] = [
      (0, .none), (999, .none), (1000, .none), (1001, .fellBehind), (5000, .none), (900, .none),
      (201, .none), (200, .none), (199, .caughtUp), (999, .none), (1001, .fellBehind),
      (-5, .caughtUp), (-1000, .none),
    ]
    for (milliseconds, change) in ages {
      #expect(monitor.observe(age: .milliseconds(milliseconds)) == change, "\(milliseconds) ms")
    }
  }
}
