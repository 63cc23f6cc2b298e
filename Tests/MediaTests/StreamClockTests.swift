// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@Suite("The stream clock is anchored once, then monotonic, and announces steps of the wall clock")
struct StreamClockTests {
  static let wall: WallTime = 1_795_155_720_000_000_000
  static let monotonic: MonotonicTime = 4_321_000_000_000
  static let offset = wall.offset(from: monotonic)
  static let rates = ["30", "25", "30000/1001", "24000/1001", "60000/1001", "12.5"]

  static func segmentation(_ rate: String) throws -> Segmentation {
    Segmentation(
      rate: try #require(FrameRate(rate)), segmentMicroseconds: 1_000_000,
      partMicroseconds: 100_000)
  }

  static var clock: StreamClock { StreamClock(wall: wall, monotonic: monotonic) }

  @Test(
    "the anchor gives the current frame; from there the monotonic clock counts", arguments: rates)
  func anchor(rate: String) throws {
    let segmentation = try Self.segmentation(rate)
    let now = segmentation.grid.nearest(MediaTime(Self.wall, plus: .zero))
    #expect(Self.clock.frame(nearest: Self.monotonic, on: segmentation.grid) == now)
    #expect(
      Self.clock.due(now, on: segmentation.grid)
        == MonotonicTime(segmentation.grid.frameTime(of: now), minus: Self.offset)
    )
    for frame in now...now + 200 {
      let due = Self.clock.due(frame, on: segmentation.grid)
      #expect(Self.clock.frame(nearest: due, on: segmentation.grid) == frame)
    }
    #expect(Self.clock.error(wallMinusMonotonic: Self.offset, on: segmentation) == 0)
  }

  struct Step: Sendable, CustomTestStringConvertible {
    let rate: String
    /// The steps of the wall clock, in milliseconds, one after another.
    let steps: [Int64]
    /// The number of segments that each step skips.
    let skipped: [Int64]
    /// The final offset of PROGRAM-DATE-TIME from media time, in milliseconds.
    let announced: Int64
    var testDescription: String { "\(rate): \(steps)" }
  }

  static let steps: [Step] = [
    Step(rate: "30", steps: [200], skipped: [0], announced: 200),
    Step(rate: "30", steps: [-200], skipped: [0], announced: -200),
    Step(rate: "30", steps: [999], skipped: [0], announced: 999),
    Step(rate: "30", steps: [5000], skipped: [5], announced: 0),
    Step(rate: "30", steps: [5300], skipped: [5], announced: 300),
    // Backwards: numbers continue, at any distance.
    Step(rate: "30", steps: [-5000], skipped: [0], announced: -5000),
    Step(rate: "30", steps: [-3_600_000], skipped: [0], announced: -3_600_000),
    // Segments of 1.001 s: four whole segments fit into five seconds.
    Step(rate: "30000/1001", steps: [5000], skipped: [4], announced: 996),
    Step(rate: "12.5", steps: [5000], skipped: [4], announced: 840),
    Step(rate: "30", steps: [200, 300, -100], skipped: [0, 0, 0], announced: 400),
    // Forwards: to the number of the wall clock; the same number if the clock is right again.
    Step(rate: "30", steps: [-5000, 5000], skipped: [0, 0], announced: 0),
    Step(rate: "30", steps: [-2000, 5000], skipped: [0, 3], announced: 0),
    Step(rate: "30", steps: [900, 1200], skipped: [0, 2], announced: 100),
  ]

  @Test("a step measured 40 µs short of whole segments counts as whole segments")
  func reading() throws {
    var clock = Self.clock
    let skipped = clock.take(4_999_960_000, on: try Self.segmentation("30"))
    #expect(skipped == 5)
    #expect(clock.announcedOffset == -40_000)
  }

  @Test("a step skips whole segments forwards, and the remainder is announced", arguments: steps)
  func step(row: Step) throws {
    let segmentation = try Self.segmentation(row.rate)
    var (clock, offset) = (Self.clock, Self.offset)
    let before = clock.frame(nearest: Self.monotonic, on: segmentation.grid)
    var total: Int64 = 0
    for (step, skipped) in zip(row.steps, row.skipped) {
      offset += .milliseconds(step)
      let error = clock.error(wallMinusMonotonic: offset, on: segmentation)
      #expect(error == .milliseconds(step))
      #expect(clock.take(error, on: segmentation) == skipped)
      #expect(clock.error(wallMinusMonotonic: offset, on: segmentation) == 0)
      total += skipped
    }
    #expect(clock.announcedOffset == .milliseconds(row.announced))
    // Media time follows the monotonic clock, apart from the skipped segments.
    let after = clock.frame(nearest: Self.monotonic, on: segmentation.grid)
    #expect(after - before == total * segmentation.framesPerSegment)
    #expect(
      clock.due(after, on: segmentation.grid) == Self.clock.due(before, on: segmentation.grid))
    #expect(segmentation.segment(of: after) - segmentation.segment(of: before) == total)
    #expect(segmentation.position(of: after) == segmentation.position(of: before))
  }

  @Test(
    "after any steps, the error is zero and numbers have never gone back", arguments: UInt64(0)..<40
  )
  func property(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let rate = Self.rates[Int(seed) % Self.rates.count]
    let segmentation = try Self.segmentation(rate)
    var (clock, offset) = (Self.clock, Self.offset)
    for _ in 0..<20 {
      let reach: Int64 = Bool.random(using: &random) ? 2_000_000_000 : 4_000_000_000_000
      offset += .nanoseconds(Int64.random(in: -reach...reach, using: &random))
      let before = clock.frame(nearest: Self.monotonic, on: segmentation.grid)
      let error = clock.error(wallMinusMonotonic: offset, on: segmentation)
      let skipped = clock.take(error, on: segmentation)
      let after = clock.frame(nearest: Self.monotonic, on: segmentation.grid)
      #expect(skipped >= 0)
      #expect(after - before == skipped * segmentation.framesPerSegment)
      #expect(clock.error(wallMinusMonotonic: offset, on: segmentation) == 0)
      if error >= segmentation.segmentDuration {
        #expect(
          clock.announcedOffset < segmentation.segmentDuration,
          "the number of the wall clock is not reached")
      }
    }
  }
}
