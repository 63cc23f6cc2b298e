// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("Supervision of the process of a source")
struct ChildRestartsTests {
  private func at(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  @Test("a process hangs 2 s after its last message, and 10 s after a start without one")
  func deadline() {
    var supervision = ChildRestarts()
    supervision.started(at: at(1000))
    #expect(supervision.deadline == at(11_000))
    supervision.heard(at: at(1500))
    #expect(supervision.deadline == at(3500))
    supervision.started(at: at(4000))
    #expect(supervision.deadline == at(14_000))
  }

  @Test("after a crash the process is started at once, and its source opened half a second later")
  func restart() {
    var supervision = ChildRestarts()
    supervision.started(at: at(0))
    let restart = supervision.crashed(at: at(100))
    #expect(restart.process == at(100))
    #expect(restart.source == at(600))
    #expect(!restart.isFrequent)
  }

  @Test("a process that ends at once again is started half a second later")
  func shortLife() {
    var supervision = ChildRestarts()
    supervision.started(at: at(0))
    _ = supervision.crashed(at: at(5000))
    supervision.started(at: at(5000))
    #expect(supervision.crashed(at: at(5100)).process == at(5600))
    supervision.started(at: at(5600))
    #expect(supervision.crashed(at: at(8000)).process == at(8000))
  }

  @Test("from the fifth crash within a minute on, the source is opened every 30 s")
  func frequent() {
    var supervision = ChildRestarts()
    for index in 0..<4 {
      supervision.started(at: at(Int64(index) * 10_000))
      #expect(!supervision.crashed(at: at(Int64(index) * 10_000 + 5000)).isFrequent)
    }
    supervision.started(at: at(40_000))
    let fifth = supervision.crashed(at: at(45_000))
    #expect(fifth.isFrequent)
    #expect(fifth.source == at(75_000))
    #expect(fifth.process == at(45_000))
    supervision.started(at: at(45_000))
    #expect(supervision.crashed(at: at(45_100)).process == at(50_100))
  }

  @Test("crashes of more than a minute ago do not count")
  func old() {
    var supervision = ChildRestarts()
    for index in 0..<20 {
      supervision.started(at: at(Int64(index) * 16_000))
      #expect(!supervision.crashed(at: at(Int64(index) * 16_000 + 15_000)).isFrequent)
    }
  }
}
