// SPDX-License-Identifier: Apache-2.0

import Sharing
import Testing
import Time

@Suite("Calls of libraries that do not return")
struct OpenCallsTests {
  private func at(_ milliseconds: Int64) -> MonotonicTime { .origin + .milliseconds(milliseconds) }

  /// Checks four times a second from `start`, and returns the time of the first call that is stuck.
  private func check(
    _ calls: inout OpenCalls, from start: Int64, to end: Int64
  ) -> (Int64, CallWatchdog.Work)? {
    for now in stride(from: start, through: end, by: 250) {
      if let work = calls.stuck(at: at(now)) { return (now, work) }
    }
    return nil
  }

  @Test(
    "a call is stuck after the limit of its work",
    arguments: [(.coding, 4250), (.reading, 15_250), (.connecting, 60_250)]
      as [(CallWatchdog.Work, Int64)])
  func limits(_ work: CallWatchdog.Work, _ expected: Int64) throws {
    var calls = OpenCalls()
    _ = calls.begin(work, at: at(0))
    let (now, found) = try #require(check(&calls, from: 0, to: 100_000))
    #expect(now == expected && found == work)
  }

  @Test("a call that has ended, or shows signs of life, is not stuck")
  func alive() {
    var calls = OpenCalls()
    let (first, second) = (calls.begin(.coding, at: at(0)), calls.begin(.reading, at: at(0)))
    #expect(check(&calls, from: 0, to: 3000) == nil)
    calls.end(first)
    #expect(check(&calls, from: 3250, to: 14_000) == nil)
    calls.refresh(second, at: at(14_000))
    calls.refresh(first, at: at(14_000))
    #expect(check(&calls, from: 14_250, to: 29_000) == nil)
    #expect(check(&calls, from: 29_250, to: 30_000)?.1 == .reading)
  }

  @Test("a pause of the whole process counts for no call, and the time after it does")
  func paused() throws {
    var calls = OpenCalls()
    _ = calls.begin(.coding, at: at(0))
    #expect(check(&calls, from: 0, to: 2000) == nil)
    #expect(check(&calls, from: 9000, to: 13_000) == nil)
    let (now, _) = try #require(check(&calls, from: 13_250, to: 20_000))
    #expect(now == 13_250)
  }

  @Test("a watch has a call while its body runs")
  func during() {
    let watch = CallWatchdog()
    let now = SystemClock.monotonicTime
    func isStuck(_ seconds: Int64) -> Bool {
      // Two checks: the first one after a long time is a pause.
      (0...20).contains { step in
        watch.stuck(at: now + .seconds(seconds) + .milliseconds(250 * step)) != nil
      }
    }
    #expect(watch.during(.coding) { isStuck(0) })
    #expect(!isStuck(3600))
  }
}
