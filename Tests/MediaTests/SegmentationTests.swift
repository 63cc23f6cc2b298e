// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@Suite("Segmentation: segments and parts are whole frames")
struct SegmentationTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let rate: String
    let segment, part: Int64
    let framesPerSegment, framesPerPart, partsPerSegment, targetDuration: Int64
    var testDescription: String { "\(rate), \(segment) µs, \(part) µs" }
  }

  static let rows: [Row] = [
    row("30", 1_000_000, 100_000, 30, 3, 10, 1),
    // 2.5 frames: a tie, rounded up to 0.12 s; eight parts of three frames, one of one (PL-05a).
    row("25", 1_000_000, 100_000, 25, 3, 9, 1),
    // 1.001 s and 0.1001 s.
    row("30000/1001", 1_000_000, 100_000, 30, 3, 10, 1),
    // 23.976: 24 frames; 2.3976 frames → 2.
    row("24000/1001", 1_000_000, 100_000, 24, 2, 12, 1),
    // 59.94: 60 frames; 5.994 → 6.
    row("60000/1001", 1_000_000, 100_000, 60, 6, 10, 1),
    // 12.5 frames: a tie, rounded up to 13 frames of 0.08 s = 1.04 s; 1.25 frames → 1.
    row("12.5", 1_000_000, 100_000, 13, 1, 13, 1),
    row("30", 500_000, 100_000, 15, 3, 5, 1),
    row("30", 2_000_000, 200_000, 60, 6, 10, 2),
    row("30", 6_000_000, 1_000_000, 180, 30, 6, 6),
    // TARGETDURATION: rounded half up, at least 1 (PL-02).
    row("30", 1_500_000, 100_000, 45, 3, 15, 2),
    row("30", 1_466_666, 100_000, 44, 3, 15, 1),
    row("30", 100_000, 100_000, 3, 3, 1, 1),
    // At least one frame; a part is never longer than its segment.
    row("30", 1, 1, 1, 1, 1, 1),
    row("30", 1_000_000, 5_000_000, 30, 30, 1, 1),
    row("1", 1_000_000, 100_000, 1, 1, 1, 1),
  ]

  static func row(
    _ rate: String, _ segment: Int64, _ part: Int64, _ frames: Int64, _ partFrames: Int64,
    _ parts: Int64, _ target: Int64
  ) -> Row {
    Row(
      rate: rate, segment: segment, part: part, framesPerSegment: frames,
      framesPerPart: partFrames, partsPerSegment: parts, targetDuration: target)
  }

  static func segmentation(_ row: Row) throws -> Segmentation {
    Segmentation(
      rate: try #require(FrameRate(row.rate)), segmentMicroseconds: row.segment,
      partMicroseconds: row.part)
  }

  @Test(
    "the longest variable-duration segment is F frames plus the longest GOP",
    arguments: [
      (rate: "30", group: Int64(4_000_000), most: Int64(150), parts: Int64(50), target: Int64(5)),
      (rate: "30", group: 400_000, most: 42, parts: 14, target: 1),
      (rate: "25", group: 500_000, most: 38, parts: 13, target: 2),
    ])
  func variableDuration(
    _ row: (rate: String, group: Int64, most: Int64, parts: Int64, target: Int64)
  ) throws {
    let segmentation = Segmentation(
      rate: try #require(FrameRate(row.rate)), segmentMicroseconds: 1_000_000,
      partMicroseconds: 100_000, maximumGroupMicroseconds: row.group)
    #expect(segmentation.hasVariableDuration)
    #expect(segmentation.maximumFramesPerSegment == row.most)
    #expect(segmentation.partsPerSegment == row.parts)
    // RFC 8216bis §4.4.3.1: no rounded EXTINF exceeds the target duration.
    #expect(segmentation.targetDuration == row.target)
    let longest = segmentation.maximumSegmentDuration.seconds
    #expect(Int64(longest.rounded()) <= row.target)
  }

  @Test("requested durations become the nearest whole number of frames", arguments: rows)
  func table(row: Row) throws {
    let segmentation = try Self.segmentation(row)
    #expect(segmentation.framesPerSegment == row.framesPerSegment)
    #expect(segmentation.framesPerPart == row.framesPerPart)
    #expect(segmentation.partsPerSegment == row.partsPerSegment)
    #expect(segmentation.targetDuration == row.targetDuration)
    #expect(
      segmentation.segmentTicks == row.framesPerSegment * segmentation.grid.rate.ticksPerFrame)
    #expect(segmentation.partTicks == row.framesPerPart * segmentation.grid.rate.ticksPerFrame)
  }

  @Test(
    "a segment, rounded to the nearest second, is never longer than the target duration",
    arguments: rows)
  func target(row: Row) throws {
    let segmentation = try Self.segmentation(row)
    let timescale = Int64(segmentation.grid.rate.timescale)
    let rounded = (segmentation.segmentTicks + timescale / 2) / timescale
    #expect(rounded <= segmentation.targetDuration)
  }

  @Test("segment N holds the frames N·F … N·F+F−1", arguments: rows)
  func numbers(row: Row) throws {
    let segmentation = try Self.segmentation(row)
    let (frames, epoch) = (row.framesPerSegment, 1_795_155_720 / row.framesPerSegment)
    for number in [-2, -1, 0, 1, epoch, epoch + 1] {
      let first = segmentation.firstFrame(of: number)
      #expect(first == number * frames)
      #expect(segmentation.segment(of: first) == number)
      #expect(segmentation.segment(of: first - 1) == number - 1)
      #expect(segmentation.segment(of: first + frames - 1) == number)
      #expect(segmentation.position(of: first) == 0)
      #expect(segmentation.position(of: first + frames - 1) == frames - 1)
    }
  }

  @Test(
    "segment numbers of consecutive frames rise by at most one, at a segment start", arguments: rows
  )
  func consecutive(row: Row) throws {
    let segmentation = try Self.segmentation(row)
    for index in Int64(-100)...200 {
      let step = segmentation.segment(of: index + 1) - segmentation.segment(of: index)
      #expect(step == (segmentation.position(of: index + 1) == 0 ? 1 : 0))
    }
  }

  @Test("a requested second at 30000/1001 is 1.001 s")
  func ntsc() throws {
    let segmentation = try Self.segmentation(Self.row("30000/1001", 1_000_000, 100_000, 0, 0, 0, 0))
    #expect(segmentation.segmentDuration == 1_001_000_000)
    #expect(segmentation.segmentTicks == 90_090)
    #expect(segmentation.partTicks == 9009)
  }
}
