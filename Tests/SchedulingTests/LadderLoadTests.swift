// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing

@Suite("A ladder on a machine too slow for it")
struct LadderLoadTests {
  static let second: Int64 = 1_000_000_000

  @Test(
    "the lowest rendition is left out after one second, the next after three more, the top never")
  func relief() {
    var load = LadderLoadState(count: 3)
    load.observe(0, isBehind: true, now: 99 * Self.second)
    load.observe(0, isBehind: true, now: 100 * Self.second - 1)
    #expect(load.encoded == 3)
    load.observe(0, isBehind: true, now: 100 * Self.second)
    #expect(load.encoded == 2)
    load.observe(1, isBehind: true, now: 102 * Self.second)
    #expect(load.encoded == 2)
    load.observe(0, isBehind: true, now: 103 * Self.second)
    #expect(load.encoded == 1)
    #expect(load.isAloneBehind(0))
    for later in 104..<200 { load.observe(0, isBehind: true, now: Int64(later) * Self.second) }
    #expect(load.encoded == 1)
    load.observe(0, isBehind: false, now: 200 * Self.second)
    #expect(!load.isAloneBehind(0))
  }

  @Test("catching up within one second, as after a suspended process, leaves no rendition out")
  func burst() {
    var load = LadderLoadState(count: 2)
    load.observe(0, isBehind: true, now: 0)
    load.observe(1, isBehind: true, now: 900_000_000)
    load.observe(0, isBehind: false, now: 950_000_000)
    load.observe(1, isBehind: false, now: 990_000_000)
    load.observe(1, isBehind: true, now: 3 * Self.second)
    #expect(load.encoded == 2)
  }

  @Test("a single rendition is never left out")
  func alone() {
    var load = LadderLoadState(count: 1)
    load.observe(0, isBehind: true, now: 0)
    #expect(load.encoded == 1 && load.isAloneBehind(0))
  }

  @Test("the lag of a rendition that is left out does not count")
  func leftOut() {
    var load = LadderLoadState(count: 2)
    load.observe(1, isBehind: true, now: 0)
    load.observe(1, isBehind: true, now: Self.second)
    #expect(load.encoded == 1)
    load.observe(0, isBehind: false, now: 10 * Self.second)
    #expect(!load.isAloneBehind(0))
    load.observe(0, isBehind: false, now: 31 * Self.second)
    #expect(load.encoded == 2)
  }

  @Test(
    "it returns after 30 s without overload, and later each time if it soon must be left out again")
  func rest() {
    var load = LadderLoadState(count: 2)
    var now: Int64 = 0
    for rest in [30, 60, 120, 240, 480, 480] as [Int64] {
      load.observe(0, isBehind: true, now: now - Self.second)
      load.observe(0, isBehind: true, now: now)
      #expect(load.encoded == 1)
      load.observe(0, isBehind: false, now: now + Self.second)
      now += Self.second + rest * Self.second
      load.observe(1, isBehind: false, now: now - 1)
      #expect(load.encoded == 1, "before \(rest) s")
      load.observe(1, isBehind: false, now: now)
      #expect(load.encoded == 2, "after \(rest) s")
      now += 5 * Self.second
    }
    // After a long time without overload the next rest is short again.
    now += 1000 * Self.second
    load.observe(0, isBehind: true, now: now - Self.second)
    load.observe(0, isBehind: true, now: now)
    load.observe(0, isBehind: false, now: now)
    load.observe(0, isBehind: false, now: now + 30 * Self.second)
    #expect(load.encoded == 2)
  }
}
