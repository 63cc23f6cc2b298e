// SPDX-License-Identifier: Apache-2.0

import Sharing
import TestSupport
import Testing
import Time

@Suite("Threads of the operating system", .blocking)
struct OSThreadTests {
  @Test("a thread that ends is joined before the deadline")
  func ended() throws {
    let gate = Monitor(false)
    let thread = try #require(OSThread(name: "test") { _ = gate.wait { $0 ? true : nil } })
    #expect(thread.name == "test")
    gate.update { $0 = true }
    #expect(thread.join(until: .hangLimit))
    // Later calls return at once, also after the deadline.
    #expect(thread.join(until: .origin))
    thread.join()
  }

  @Test("a thread that does not end is left at the deadline")
  func left() throws {
    let gate = Monitor(false)
    let hasEnded = Monitor(false)
    let thread = try #require(
      OSThread(name: "test") {
        _ = gate.wait { $0 ? true : nil }
        hasEnded.update { $0 = true }
      })
    let start = SystemClock.monotonicTime
    #expect(!thread.join(until: start + .milliseconds(50)))
    #expect(SystemClock.monotonicTime - start >= .milliseconds(50))
    #expect(OSThread.areLeft)
    // The thread still runs, and can be joined later.
    gate.update { $0 = true }
    #expect(hasEnded.wait { $0 ? true : nil })
    #expect(thread.join(until: .hangLimit))
  }
}
