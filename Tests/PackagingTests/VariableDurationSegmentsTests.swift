// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing

@Suite("Variable duration: a segment ends with the first key frame after F frames")
struct VariableDurationSegmentsTests {
  private static func stream(_ groups: [Int64]) -> SyntheticStream {
    var stream = SyntheticStream(.thirty, maximumGroupTime: 4_000_000)
    stream.window.goLive()
    for group in groups { stream.publish(group: group) }
    return stream
  }

  @Test(
    "a key frame before the requested duration does not end a segment",
    arguments: [
      (groups: [Int64](repeating: 30, count: 4), lengths: [Int64](repeating: 30, count: 3)),
      (groups: [20, 44, 33, 29, 1, 30], lengths: [64, 33, 30]),
      (groups: [100, 31, 10, 10, 10, 5], lengths: [100, 31, 30]),
    ])
  func lengths(_ row: (groups: [Int64], lengths: [Int64])) {
    let stream = Self.stream(row.groups)
    let snapshot = stream.window.snapshot
    let frame = stream.segmentation.grid.rate.ticksPerFrame
    #expect(snapshot.segments.map { $0.duration / frame } == row.lengths)
    #expect(snapshot.segments.allSatisfy { $0.chunks.first?.isIndependent == true })
    let numbers = snapshot.segments.map(\.number) + [snapshot.open?.number].compactMap(\.self)
    #expect(numbers == numbers.indices.map { numbers[0] + Int64($0) })
    for (segment, next) in zip(snapshot.segments, snapshot.segments.dropFirst()) {
      #expect(next.firstFrame == segment.firstFrame + segment.duration / frame)
    }
  }

  @Test("parts have n frames; the key frame closes the last one")
  func parts() throws {
    var stream = Self.stream([30])
    // Its tenth part is full; whether it is the last is not known yet.
    var snapshot = stream.window.snapshot
    #expect(snapshot.segments.isEmpty && snapshot.open?.parts.count == 10)
    stream.publish(group: 32)
    snapshot = stream.window.snapshot
    #expect(snapshot.segments.map(\.parts.count) == [10])
    #expect(snapshot.open?.parts.count == 10)
    stream.publish(group: 1)
    snapshot = stream.window.snapshot
    let last = try #require(snapshot.segments.last)
    #expect(last.parts.map(\.chunks.count) == [Int](repeating: 3, count: 10) + [2])
    #expect(last.parts.flatMap(\.chunks).map(\.frameIndex) == last.chunks.map(\.frameIndex))
    #expect(snapshot.open?.parts.isEmpty == true && snapshot.hint?.index == 0)
  }

  @Test("the version only grows, by whole parts; that of part (N, K) is N × the most parts + K + 1")
  func version() {
    var stream = Self.stream([])
    let most = stream.segmentation.partsPerSegment
    #expect(most == 50)
    var last: Int64 = 0
    for group: Int64 in [20, 44, 33, 29, 1, 150, 30, 1] {
      for part in 0..<group {
        if part == 0 { stream.publish(group: 1) } else { stream.publish(more: 1) }
        let snapshot = stream.window.snapshot
        #expect(snapshot.version >= last)
        last = snapshot.version
        if let open = snapshot.open, !open.parts.isEmpty {
          #expect(snapshot.version == open.number * most + Int64(open.parts.count))
        }
      }
    }
  }

  @Test("a run says with which frame it began")
  func runs() throws {
    var stream = Self.stream([30, 12])
    stream.window.announce(offset: 7, skipped: 0)
    stream.publish(group: 18)
    #expect(stream.window.snapshot.open?.period.index == 0, "no segment has begun since")
    stream.publish(group: 1)
    let run = try #require(stream.window.snapshot.open?.period)
    #expect(run.index == 1 && run.offset == 7)
    #expect(run.firstFrame == stream.next - 1)
  }
}
