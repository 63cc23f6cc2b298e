// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("An encoder that falls behind")
struct OverloadMonitorTests {
  @Test("an encoder one second behind is overloaded until it is below 200 ms")
  func monitor() {
    var monitor = OverloadMonitor()
    let ages: [(milliseconds: Int64, isOverloaded: Bool)] = [
      (0, false), (999, false), (1000, false), (1001, true), (5000, true), (900, true),
      (201, true), (200, true), (199, false), (999, false), (1001, true), (-5, false),
      (-1000, false),
    ]
    for (milliseconds, isOverloaded) in ages {
      let fallsBehind = isOverloaded && !monitor.isOverloaded
      #expect(
        monitor.fallsBehind(age: .milliseconds(milliseconds)) == fallsBehind, "\(milliseconds) ms")
      #expect(monitor.isOverloaded == isOverloaded, "\(milliseconds) ms")
    }
  }
}
