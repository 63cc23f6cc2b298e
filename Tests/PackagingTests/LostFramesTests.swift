// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Durations over frames that a passed-through source has lost")
struct LostFramesTests {
  /// Lost frames of a segment of 30 frames, whose parts have 3: their positions, the frames that
  /// its parts last, and those that no part has.
  struct Row: Sendable, CustomTestStringConvertible {
    let lost: Set<Int64>
    var parts = [Int64](repeating: 3, count: 10)
    var testDescription: String { "\(lost.sorted())" }
  }

  static let rows = [
    Row(lost: []), Row(lost: [1]), Row(lost: [1, 2]), Row(lost: [15]), Row(lost: [14, 15]),
    Row(lost: [29]), Row(lost: [28, 29]),
    Row(lost: [12, 13, 14], parts: [Int64](repeating: 3, count: 9)),
    Row(lost: [27, 28, 29], parts: [Int64](repeating: 3, count: 9)),
    Row(lost: [5, 6, 7, 8, 9], parts: [Int64](repeating: 3, count: 9)),
  ]

  @Test("a segment lasts as long as its slot, and a part as its own", arguments: rows)
  func slots(row: Row) throws {
    let stream = SyntheticStream(.thirty)
    stream.window.goLive()
    let frame = stream.segmentation.grid.rate.ticksPerFrame
    for index in Int64(0)..<91 where index / 30 != 1 || !row.lost.contains(index - 30) {
      stream.window.publish(SyntheticStream.chunk(stream.next + index, stream.segmentation))
    }
    let segments = stream.window.snapshot.segments
    #expect(segments.map { $0.duration / frame } == [30, 30, 30])
    #expect(segments[1].parts.map { $0.duration / frame } == row.parts)
    for (segment, next) in zip(segments, segments.dropFirst()) {
      let duration = stream.segmentation.grid.rate.duration(ofTicks: segment.duration)
      #expect(next.programDateTime - segment.programDateTime == duration)
    }
  }

  @Test("the same with variable duration; the longest segment is the most")
  func variable() {
    let stream = SyntheticStream(.thirty, maximumGroupTime: 4_000_000)
    stream.window.goLive()
    let (first, frame) = (stream.next, stream.segmentation.grid.rate.ticksPerFrame)
    let number = stream.segmentation.segment(of: first)
    // Two segments of 40 frames; the first one has lost its second and its last two frames.
    for index in Int64(0)..<81 where ![1, 38, 39].contains(index) {
      stream.window.publish(
        SyntheticStream.chunk(
          first + index, stream.segmentation, segment: number + index / 40,
          isKey: index % 40 == 0))
    }
    #expect(stream.window.snapshot.segments.map { $0.duration / frame } == [40, 40])
    let far = first + 1_000_000
    stream.window.publish(
      SyntheticStream.chunk(far, stream.segmentation, segment: number + 3, isKey: true))
    #expect(stream.window.snapshot.segments.last.map { $0.duration / frame } == 150)
  }

  @Test("before a Discontinuity a segment ends with its last frame")
  func discontinuity() {
    let stream = SyntheticStream(.thirty)
    stream.window.goLive()
    let (first, frame) = (stream.next, stream.segmentation.grid.rate.ticksPerFrame)
    for index in Int64(0)..<25 where index != 12 {
      stream.window.publish(SyntheticStream.chunk(first + index, stream.segmentation))
    }
    stream.window.announce(offset: 7, skipped: 0)
    stream.window.publish(SyntheticStream.chunk(first + 30, stream.segmentation))
    #expect(stream.window.snapshot.segments.map { $0.duration / frame } == [25])
  }
}
