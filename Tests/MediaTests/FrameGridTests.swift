// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@Suite("The frame grid: frame time i is exactly i·den/num seconds after 1970")
struct FrameGridTests {
  static let rates = ["30", "25", "30000/1001", "24000/1001", "60000/1001", "12.5", "7", "1000"]

  struct Row: Sendable, CustomTestStringConvertible {
    let rate: String
    let index, nanoseconds, ticks: Int64
    var testDescription: String { "\(rate) frame \(index)" }
  }

  @Test(
    "frame times and ticks match the known values",
    arguments: [
      Row(rate: "30", index: 0, nanoseconds: 0, ticks: 0),
      Row(rate: "30", index: 1, nanoseconds: 33_333_333, ticks: 3000),
      Row(rate: "30", index: 2, nanoseconds: 66_666_666, ticks: 6000),
      Row(rate: "30", index: 3, nanoseconds: 100_000_000, ticks: 9000),
      Row(rate: "30", index: -1, nanoseconds: -33_333_334, ticks: -3000),
      Row(rate: "25", index: 26, nanoseconds: 1_040_000_000, ticks: 93_600),
      Row(rate: "12.5", index: 3, nanoseconds: 240_000_000, ticks: 21_600),
      Row(rate: "24000/1001", index: 24, nanoseconds: 1_001_000_000, ticks: 24_024),
      Row(rate: "60000/1001", index: 1, nanoseconds: 16_683_333, ticks: 1001),
      // 1,795,155,720 s · 30000/1001 = 53,800,870,729.27…; this frame begins 0.27 frames earlier.
      Row(
        rate: "30000/1001", index: 53_800_870_729, nanoseconds: 1_795_155_719_990_966_666,
        ticks: 161_564_014_799_187),
    ])
  func table(row: Row) throws {
    let grid = FrameGrid(rate: try #require(FrameRate(row.rate)))
    #expect(grid.frameTime(of: row.index) == MediaTime(nanoseconds: row.nanoseconds))
    #expect(grid.ticks(row.index) == row.ticks)
  }

  @Test("frame times do not drift: they are exact a century after 1970", arguments: rates)
  func drift(text: String) throws {
    let rate = try #require(FrameRate(text))
    let grid = FrameGrid(rate: rate)
    // `numerator` frames last `denominator` seconds, at any distance from 1970.
    let centuries = 3_155_760_000 / rate.denominator
    let index = centuries * rate.numerator
    #expect(grid.frameTime(of: index) == .origin + .seconds(centuries * rate.denominator))
    #expect(grid.ticks(index) == centuries * rate.denominator * Int64(rate.timescale))
  }

  @Test("the nearest frame is at most half a frame away", arguments: rates)
  func nearest(text: String) throws {
    let rate = try #require(FrameRate(text))
    let grid = FrameGrid(rate: rate)
    var random = SplitMix64(seed: 1)
    for _ in 0..<500 {
      let moment = Int64.random(in: -1_000_000_000_000...4_000_000_000_000_000_000, using: &random)
      let frame = grid.nearest(MediaTime(nanoseconds: moment))
      // |frame·den/num − moment| ≤ den/(2·num), in units of 1/(2·num) ns.
      let position = 2 * Int128(frame) * Int128(rate.denominator) * 1_000_000_000
      let distance = position - 2 * Int128(moment) * Int128(rate.numerator)
      #expect(distance.magnitude <= UInt128(rate.denominator) * 1_000_000_000)
    }
  }

  @Test("of two equally near frames, the later is the nearest")
  func tie() throws {
    let grid = FrameGrid(rate: try #require(FrameRate(25)))
    #expect(grid.nearest(20_000_000) == 1)
    #expect(grid.nearest(19_999_999) == 0)
    #expect(grid.nearest(-20_000_000) == 0)
    #expect(grid.nearest(-20_000_001) == -1)
  }

  @Test("the nearest frame to a frame time is its frame", arguments: rates)
  func found(text: String) throws {
    let grid = FrameGrid(rate: try #require(FrameRate(text)))
    var random = SplitMix64(seed: 2)
    for _ in 0..<500 {
      let index = Int64.random(in: 0...50_000_000_000, using: &random)
      #expect(grid.nearest(grid.frameTime(of: index)) == index)
      let time = grid.frameTime(of: index)
      #expect(grid.frameTime(of: grid.atOrAfter(time + 1)) > time)
    }
  }

  @Test("atOrAfter is the first frame at or after the time")
  func atOrAfter() throws {
    let grid = FrameGrid(rate: try #require(FrameRate(25)))
    #expect(grid.atOrAfter(0) == 0)
    #expect(grid.atOrAfter(1) == 1)
    #expect(grid.atOrAfter(40_000_000) == 1)
    #expect(grid.atOrAfter(40_000_001) == 2)
    #expect(grid.atOrAfter(-1) == 0)
  }
}
