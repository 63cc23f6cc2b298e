// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("A ladder on a machine too slow for it")
struct LadderLoadTests {
  @Test(
    "the lowest rendition is left out after one second, the next after three more, the top never")
  func relief() {
    var load = LadderLoadState(count: 3)
    load.observe(0, isBehind: true, now: .at(99))
    load.observe(0, isBehind: true, now: .at(100) - .nanoseconds(1))
    #expect(load.encoded == 3)
    load.observe(0, isBehind: true, now: .at(100))
    #expect(load.encoded == 2)
    load.observe(1, isBehind: true, now: .at(102))
    #expect(load.encoded == 2)
    load.observe(0, isBehind: true, now: .at(103))
    #expect(load.encoded == 1)
    #expect(load.isAloneBehind(0))
    for later in 104..<200 { load.observe(0, isBehind: true, now: .at(Int64(later))) }
    #expect(load.encoded == 1)
    load.observe(0, isBehind: false, now: .at(200))
    #expect(!load.isAloneBehind(0))
  }

  @Test("catching up within one second, as after a suspended process, leaves no rendition out")
  func burst() {
    var load = LadderLoadState(count: 2)
    load.observe(0, isBehind: true, now: .at(0))
    load.observe(1, isBehind: true, now: .origin + .milliseconds(900))
    load.observe(0, isBehind: false, now: .origin + .milliseconds(950))
    load.observe(1, isBehind: false, now: .origin + .milliseconds(990))
    load.observe(1, isBehind: true, now: .at(3))
    #expect(load.encoded == 2)
  }

  @Test("a single rendition is never left out")
  func alone() {
    var load = LadderLoadState(count: 1)
    load.observe(0, isBehind: true, now: .at(0))
    #expect(load.encoded == 1 && load.isAloneBehind(0))
  }

  @Test("the lag of a rendition that is left out does not count")
  func leftOut() {
    var load = LadderLoadState(count: 2)
    load.observe(1, isBehind: true, now: .at(0))
    load.observe(1, isBehind: true, now: .at(1))
    #expect(load.encoded == 1)
    load.observe(0, isBehind: false, now: .at(10))
    #expect(!load.isAloneBehind(0))
    load.observe(0, isBehind: false, now: .at(31))
    #expect(load.encoded == 2)
  }

  @Test(
    "it returns after 30 s without overload, and later each time if it soon must be left out again")
  func rest() {
    var load = LadderLoadState(count: 2)
    var now = MonotonicTime.at(0)
    for rest in [30, 60, 120, 240, 480, 480] as [Int64] {
      load.observe(0, isBehind: true, now: now - .seconds(1))
      load.observe(0, isBehind: true, now: now)
      #expect(load.encoded == 1)
      load.observe(0, isBehind: false, now: now + .seconds(1))
      now += .seconds(1 + rest)
      load.observe(1, isBehind: false, now: now - .nanoseconds(1))
      #expect(load.encoded == 1, "before \(rest) s")
      load.observe(1, isBehind: false, now: now)
      #expect(load.encoded == 2, "after \(rest) s")
      now += .seconds(5)
    }
    // After a long time without overload the next rest is short again.
    now += .seconds(1000)
    load.observe(0, isBehind: true, now: now - .seconds(1))
    load.observe(0, isBehind: true, now: now)
    load.observe(0, isBehind: false, now: now)
    load.observe(0, isBehind: false, now: now + .seconds(30))
    #expect(load.encoded == 2)
  }
}
