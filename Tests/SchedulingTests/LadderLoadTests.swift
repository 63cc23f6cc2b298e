// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("A ladder on a machine too slow for it")
struct LadderLoadTests {
  @Test(
    "the top rendition is left out after half a second, the next after two more, the last never")
  func relief() {
    var load = LadderLoadState(count: 3)
    load.observe(0, .behind, now: .at(100))
    load.observe(0, .behind, now: .at(100) + .milliseconds(499))
    #expect(load.highest == 0)
    load.observe(0, .behind, now: .at(100) + .milliseconds(500))
    #expect(load.highest == 1 && load.leavesOut(0) && !load.leavesOut(1))
    load.observe(1, .behind, now: .at(101))
    load.observe(1, .behind, now: .at(102))
    #expect(load.highest == 1)
    load.observe(1, .behind, now: .at(103))
    #expect(load.highest == 2)
    for later in 104..<200 { load.observe(2, .behind, now: .at(Int64(later))) }
    #expect(load.highest == 2 && !load.leavesOut(2))
  }

  @Test("if the lowest rendition is behind, the others are left out for it")
  func lowest() {
    var load = LadderLoadState(count: 2)
    load.observe(0, .none, now: .at(0))
    load.observe(1, .behind, now: .at(0))
    load.observe(1, .behind, now: .at(1))
    #expect(load.leavesOut(0) && !load.leavesOut(1))
  }

  @Test("encoders that keep up with a reduced effort leave nothing out")
  func strained() {
    var load = LadderLoadState(count: 2)
    for second in 0..<100 {
      load.observe(0, .strained, now: .at(Int64(second)))
      load.observe(1, .strained, now: .at(Int64(second)))
    }
    #expect(load.highest == 0)
  }

  @Test("catching up within half a second leaves no rendition out")
  func burst() {
    var load = LadderLoadState(count: 2)
    load.observe(0, .behind, now: .at(0))
    load.observe(1, .behind, now: .origin + .milliseconds(400))
    load.observe(0, .none, now: .origin + .milliseconds(450))
    load.observe(1, .none, now: .origin + .milliseconds(490))
    load.observe(1, .behind, now: .at(3))
    #expect(load.highest == 0)
  }

  @Test("a single rendition is never left out")
  func alone() {
    var load = LadderLoadState(count: 1)
    for second in 0..<100 { load.observe(0, .behind, now: .at(Int64(second))) }
    #expect(load.highest == 0 && !load.leavesOut(0))
  }

  @Test("the load of a rendition that is left out does not count")
  func leftOut() {
    var load = LadderLoadState(count: 2)
    load.observe(0, .behind, now: .at(0))
    load.observe(0, .behind, now: .at(1))
    #expect(load.highest == 1)
    for second in 1...11 { load.observe(0, .behind, now: .at(Int64(second))) }
    #expect(load.highest == 0)
  }

  @Test("it returns after 10 s of full effort, and later each time if it soon must leave again")
  func rest() {
    var load = LadderLoadState(count: 2)
    var now = MonotonicTime.at(0)
    for rest in [10, 20, 40, 80, 160, 320, 480, 480] as [Int64] {
      load.observe(0, .behind, now: now - .seconds(1))
      load.observe(0, .behind, now: now)
      #expect(load.highest == 1)
      load.observe(1, .strained, now: now + .seconds(1))
      now += .seconds(1 + rest)
      load.observe(1, .none, now: now - .nanoseconds(1))
      #expect(load.highest == 1, "before \(rest) s")
      load.observe(1, .none, now: now)
      #expect(load.highest == 0, "after \(rest) s")
      now += .seconds(5)
    }
    // After a long time without overload the next rest is short again.
    now += .seconds(1000)
    load.observe(0, .behind, now: now - .seconds(1))
    load.observe(0, .behind, now: now)
    load.observe(1, .none, now: now)
    load.observe(1, .none, now: now + .seconds(10))
    #expect(load.highest == 0)
  }

  /// A ladder of two whose top rendition returned, and is encoded since 20 s.
  private func returned() -> LadderLoadState {
    var load = LadderLoadState(count: 2)
    load.observe(0, .behind, now: .at(0))
    load.observe(0, .behind, now: .at(1))
    #expect(load.leavesOut(0))
    load.observe(1, .none, now: .at(11))
    #expect(!load.leavesOut(0))
    // Its next segment begins later.
    load.observe(0, .leftOut, now: .at(20))
    return load
  }

  @Test(
    "a rendition that returned is left out at once if an encoder reduces its effort within 5 s",
    arguments: [0, 1], [100, 2500, 4900] as [Int64])
  func trial(encoder: Int, milliseconds: Int64) {
    var load = returned()
    load.observe(0, .none, now: .at(20))
    load.observe(1, .none, now: .at(20))
    let strained = MonotonicTime.at(20) + .milliseconds(milliseconds)
    load.observe(encoder, .strained, now: strained)
    #expect(load.leavesOut(0))
    // A machine that is still slow: later each time.
    load.observe(1, .none, now: strained + .milliseconds(100))
    load.observe(1, .none, now: strained + .milliseconds(19_900))
    #expect(load.leavesOut(0))
    load.observe(1, .none, now: strained + .milliseconds(20_100))
    #expect(!load.leavesOut(0))
  }

  @Test("later it keeps a reduced effort")
  func proven() {
    var load = returned()
    for second in 20...25 {
      load.observe(0, .none, now: .at(Int64(second)))
      load.observe(1, .none, now: .at(Int64(second)))
    }
    for second in 26...100 {
      load.observe(0, .strained, now: .at(Int64(second)))
      #expect(!load.leavesOut(0))
    }
  }

  @Test("a machine that is too slow for full effort: the trials become rare")
  func slow() {
    var load = LadderLoadState(count: 2)
    load.observe(0, .behind, now: .at(-1))
    load.observe(0, .behind, now: .at(0))
    var trials = 0
    for tenth in 0..<36_000 as Range<Int64> {
      let now = MonotonicTime.at(0) + .milliseconds(100 * tenth)
      let isLeftOut = load.leavesOut(0)
      load.observe(0, isLeftOut ? .leftOut : .strained, now: now)
      load.observe(1, .none, now: now)
      if isLeftOut, !load.leavesOut(0) { trials += 1 }
    }
    #expect((6...13).contains(trials), "\(trials) trials in an hour")
  }
}
