// SPDX-License-Identifier: Apache-2.0

import Testing
import Time

@testable import Isolation

@Suite("When the other end of a pair is silent")
struct SilenceLimitTests {
  private func at(_ milliseconds: Int64) -> MonotonicTime { .origin + .milliseconds(milliseconds) }

  @Test("a wait of 1.2 s has three intervals, and ends with the deadline")
  func intervals() {
    var limit = SilenceLimit(at(1200))
    #expect(limit.next(at: at(0)) == .milliseconds(500))
    #expect(limit.next(at: at(501)) == .milliseconds(500))
    #expect(limit.next(at: at(1050)) == .milliseconds(150))
    #expect(limit.next(at: at(1201)) == nil)
  }

  @Test(
    "a process that did not run itself waits for 1.5 s more, once",
    arguments: [(1199, 2700), (60_000, 61_501), (3_600_000, 3_601_502)] as [(Int64, Int64)])
  func stopped(_ awake: Int64, _ end: Int64) {
    var limit = SilenceLimit(at(1200))
    _ = limit.next(at: at(0))
    for time in stride(from: awake, to: awake + 1500, by: 500) {
      #expect(limit.next(at: at(time)) == .milliseconds(500))
    }
    #expect(limit.next(at: at(end)) == nil)
    var again = SilenceLimit(at(1200))
    _ = again.next(at: at(0))
    _ = again.next(at: at(awake))
    #expect(again.next(at: at(awake + 60_000)) == nil)
  }

  @Test("a process that was stopped long before the deadline waits no longer")
  func early() {
    var limit = SilenceLimit(at(10_000))
    _ = limit.next(at: at(0))
    #expect(limit.next(at: at(3000)) == .milliseconds(500))
    #expect(limit.next(at: at(9990)) == .milliseconds(500))
  }

  @Test("a deadline in the past is one; without a deadline the intervals are long")
  func past() {
    var limit = SilenceLimit(.origin)
    #expect(limit.next(at: at(5)) == nil)
    var none = SilenceLimit(.distantFuture)
    #expect(none.next(at: at(5)) == .seconds(3600))
  }
}
