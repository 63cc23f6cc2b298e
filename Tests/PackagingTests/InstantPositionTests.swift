// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("Instants and clips in a window")
struct InstantPositionTests {
  private static let start: Int64 = 1_795_155_720

  /// The first instant of frame `index` of the stream, rounded up, plus nanoseconds.
  private static func time(
    _ index: Int64, _ stream: SyntheticStream, plus more: Int64 = 0
  ) throws -> WallTime {
    let rate = stream.segmentation.grid.rate
    let text = InstantText.text(
      Int128(index) * Int128(rate.denominator), timescale: rate.numerator)
    return try #require(InstantText.time(text)) + .nanoseconds(more)
  }

  @Test(
    "an instant is the frame whose slot contains it, to the nanosecond", arguments: WindowCase.all)
  func frames(row: WindowCase) throws {
    var stream = try row.stream()
    let first = stream.next
    stream.publish(segments: 3)
    stream.publish(frames: 1)
    let segmentation = stream.window.segmentation
    let snapshot = stream.window.snapshot
    for index in first..<stream.next {
      let begin = try Self.time(index, stream)
      let end = try Self.time(index + 1, stream, plus: -1)
      for time in [begin, end] {
        guard case .frame(let frame) = snapshot.position(of: time, segmentation) else {
          Issue.record("frame \(index) was not found")
          return
        }
        #expect(frame.frameIndex == index && frame.slot == index)
        #expect(frame.segment == segmentation.segment(of: index))
        #expect(frame.position == Int(segmentation.position(of: index)))
        #expect(
          frame.isComplete
            == (frame.segment < segmentation.segment(of: stream.next - 1)
              || stream.next == segmentation.firstFrame(of: frame.segment + 1)))
      }
    }
    guard case .before = snapshot.position(of: try Self.time(first, stream, plus: -1), segmentation)
    else {
      Issue.record("the window has an earlier frame")
      return
    }
    guard
      case .ahead(stream.next) = snapshot.position(
        of: try Self.time(stream.next, stream), segmentation)
    else {
      Issue.record("the next frame is not ahead")
      return
    }
  }

  @Test("with B-frames an instant is the frame that is presented, when it is published")
  func reordered() throws {
    let stream = SyntheticStream(.thirty)
    let (window, first) = (stream.window, stream.next)
    // In decoding order: I0 P3 B1 B2 P6 B4 B5 …
    func shift(_ index: Int64) -> Int64 { index % 30 == 0 ? 0 : (index - 1) % 3 == 0 ? 2 : -1 }
    func publish(_ range: Range<Int64>) {
      for index in range {
        let grid = stream.segmentation.grid
        let captured = WallTime(grid.frameTime(of: first + index), plus: .zero)
        let sample = Sample(
          payload: [1], decodeTime: grid.ticks(first + index), duration: 3000, captured: captured,
          sequence: 1, isSync: index == 0, shift: Int32(shift(index) * 3000))
        window.publish(
          Chunk(
            frameIndex: first + index, isIndependent: index == 0, duration: 3000,
            shift: shift(index) * 3000, captured: captured, published: captured,
            bytes: ChunkWriter().chunk(sample, startsSegment: index == 0)))
      }
    }
    func position(_ index: Int64) throws -> InstantPosition {
      window.snapshot.position(of: try Self.time(first + index, stream), window.segmentation)
    }
    publish(0..<5)
    for (shown, decoded) in [(0, 0), (1, 2), (2, 3), (3, 1)] {
      guard case .frame(let frame) = try position(Int64(shown)) else {
        Issue.record("frame \(shown) was not found")
        continue
      }
      #expect(frame.position == decoded && frame.frameIndex == first + Int64(shown))
    }
    guard case .ahead(let slot) = try position(4), slot == first + 5 else {
      Issue.record("a B-frame that is not published was found")
      return
    }
    publish(5..<31)
    for index in 1...29 {
      guard case .frame(let frame) = try position(Int64(index)) else {
        Issue.record("frame \(index) was not found")
        continue
      }
      // P30 would belong to the next segment.
      guard index != 28 && index != 29 else { continue }
      #expect(Int64(frame.position) + shift(Int64(frame.position)) == Int64(index))
    }
  }

  @Test("prefill is no media of its time, and an ended stream has none after it")
  func edges() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 5)
    stream.publish(segments: 1)
    let segmentation = stream.window.segmentation
    guard
      case .before = stream.window.snapshot.position(
        of: try Self.time(stream.next - 60, stream), segmentation)
    else {
      Issue.record("prefill was taken for media")
      return
    }
    stream.window.end()
    guard
      case .never = stream.window.snapshot.position(
        of: try Self.time(stream.next, stream), segmentation)
    else {
      Issue.record("an ended stream has a frame ahead")
      return
    }
  }

  @Test("a clip has the segments of its frames, when the last one is complete")
  func clip() throws {
    var stream = SyntheticStream(.thirty)
    stream.publish(segments: 4)
    stream.publish(frames: 5)
    let first = stream.next - 5 - 4 * 30
    func select(_ from: Int64, _ to: Int64) throws -> ClipSelection.Outcome {
      let track = ClipSelection.Track(stream.window.snapshot, stream.window.segmentation)
      return ClipSelection.select(
        try Self.time(from, stream)..<(try Self.time(to, stream)), track, nil)
    }
    guard case .ready(let found) = try select(first + 35, first + 90) else {
      Issue.record("complete segments are no clip")
      return
    }
    // The frame that begins at the end is not part of the clip.
    #expect(found.items.map(\.segment.number) == [first / 30 + 1, first / 30 + 2])
    #expect(found.span == (first + 35) * 3000..<(first + 90) * 3000)
    guard case .waiting(stream.next) = try select(first + 35, first + 122) else {
      Issue.record("the open segment is part of a clip")
      return
    }
    guard case .waiting(first + 199) = try select(first + 35, first + 200) else {
      Issue.record("a clip has ended before its end")
      return
    }
    guard case .before = try select(first - 1, first + 40) else {
      Issue.record("the window begins earlier")
      return
    }
    stream.window.end()
    guard case .ready = try select(first + 35, first + 122),
      case .never = try select(first + 35, first + 200)
    else {
      Issue.record("the end of the stream did not end its last segment")
      return
    }
  }
}
