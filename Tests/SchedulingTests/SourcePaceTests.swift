// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("The pace of a source, by its timestamps and arrivals")
struct SourcePaceTests {
  private static let rate = FrameRate(25) ?? .thirty

  /// The number of the first frame at which a source is off its pace, and the frames that arrive in
  /// 1000 seconds; frame `index` arrives `lateness` after its timestamp.
  private func off(
    seconds: Int64, _ lateness: (Int64) -> Interval
  ) -> (index: Int64, arriving: Int64)? {
    var pace = SourcePace()
    for index in 0..<25 * seconds {
      let time = Interval.milliseconds(40) * index
      pace.add(
        pts: .origin + time, arrival: .origin + .seconds(100) + time + lateness(index))
      if let arriving = pace.arriving(unlike: Self.rate) { return (index, arriving) }
    }
    return nil
  }

  @Test(
    "media that is held again and again and then sent at once keeps its pace",
    arguments: [400, 800, 1000, 1500] as [Int64], [1200, 1700, 2600] as [Int64])
  func bursts(held: Int64, distance: Int64) {
    let found = off(seconds: 60) { index in
      let phase = index * 40 % distance
      return .milliseconds(phase < held ? min(held, distance - 40) - phase : 0)
    }
    #expect(found == nil)
  }

  @Test(
    "a sender that is late once, for a time or for good, keeps its pace",
    arguments: [200, 1200, 5000] as [Int64], [nil, Int64(3), 20])
  func late(milliseconds: Int64, seconds: Int64?) {
    let found = off(seconds: 60) { index in
      let isLate = index >= 260 && seconds.map { index < 260 + 25 * $0 } ?? true
      return isLate ? .milliseconds(milliseconds) : .zero
    }
    #expect(found == nil)
  }

  @Test(
    "a line that catches up over seconds is no fast camera", arguments: [10, 25, 50] as [Int64])
  func catchesUp(percent: Int64) {
    let found = off(seconds: 60) { index in
      let left = 2000 - max(0, index - 200) * 40 * percent / 100
      return index < 200 ? .zero : .milliseconds(max(0, left))
    }
    #expect(found == nil)
  }

  @Test(
    "nor is a sender that catches up by 5 % after its start and after a pause",
    arguments: [100, 250, 450] as [Int64], [700, 1500] as [Int64])
  func catchesUpAgain(connecting: Int64, pause: Int64) {
    let found = off(seconds: 60) { index in
      .milliseconds(max(0, connecting - index * 2 + (index < 135 ? 0 : pause)))
    }
    #expect(found == nil)
  }

  @Test("jitter and a slow crystal keep the pace", arguments: UInt64(0)..<4)
  func jitter(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let found = off(seconds: 120) { index in
      .milliseconds(Int64(random.next() % 300)) + .microseconds(index * 40)
    }
    #expect(found == nil)
  }

  @Test(
    "a slow camera is found with the rate at which its frames arrive",
    arguments: [(percent: Int64(19), seconds: Int64(6)), (10, 8), (5, 13), (3, 20)])
  func slow(_ row: (percent: Int64, seconds: Int64)) throws {
    var random = SplitMix64(seed: 5)
    let found = try #require(
      off(seconds: 60) { index in
        .milliseconds(index * 40 * row.percent / 100 + Int64(random.next() % 12))
      })
    #expect(found.index <= 25 * row.seconds)
    #expect((found.arriving - 2_500_000 / (100 + row.percent)).magnitude < 300)
  }

  @Test("a fast camera is found")
  func fast() throws {
    let found = try #require(off(seconds: 60) { .milliseconds(20_000 - $0 * 6) })
    #expect(found.arriving == 29_411)
  }

  @Test("frames that are lost at the rate of the clock do not slow it")
  func lost() {
    var pace = SourcePace()
    for index in Int64(0)..<1500 where index % 5 != 0 {
      // The timestamps count the lost frames too.
      let time = Interval.milliseconds(40) * index
      pace.add(pts: .origin + time, arrival: .origin + .seconds(100) + time)
      #expect(pace.arriving(unlike: Self.rate) == nil)
    }
  }
}
