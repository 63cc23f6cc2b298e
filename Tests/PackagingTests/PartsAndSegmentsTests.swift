// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@Suite("Chunks become parts and segments by the frame grid, RFC 8216bis §3.2, §4.4.4.9")
struct PartsAndSegmentsTests {
  @Test(
    "a part is closed by the frame that fills it, a segment by its last", arguments: WindowCase.all)
  func closing(row: WindowCase) throws {
    var stream = try row.stream()
    stream.window.goLive()
    let (segmentation, first) = (stream.segmentation, stream.segmentation.segment(of: stream.next))
    for frame in 0..<3 * segmentation.framesPerSegment {
      stream.publish(frames: 1)
      let snapshot = stream.window.snapshot
      let (segments, place) = (frame + 1).quotientAndRemainder(
        dividingBy: segmentation.framesPerSegment)
      #expect(snapshot.segments.count == segments)
      #expect(snapshot.segments.last.map(\.number) == (segments > 0 ? first + segments - 1 : nil))
      #expect(snapshot.open?.number == (place > 0 ? first + segments : nil))
      #expect(Int64(snapshot.open?.parts.count ?? 0) == place / segmentation.framesPerPart)
      #expect(Int64(snapshot.open?.chunks.count ?? 0) == place, "chunked readers see it at once")
    }
  }

  @Test("concatenated parts are the segment, byte for byte", arguments: WindowCase.all)
  func concatenation(row: WindowCase) throws {
    var stream = try row.stream()
    stream.window.goLive()
    let first = stream.next
    stream.publish(segments: 3)
    let segmentation = stream.segmentation
    for (place, segment) in stream.window.snapshot.segments.enumerated() {
      let start = first + Int64(place) * segmentation.framesPerSegment
      let frames = start..<start + segmentation.framesPerSegment
      #expect(segment.text == frames.map { "<\($0)>" }.joined())
      #expect(segment.parts.map(\.text).joined() == segment.text)
      #expect(segment.firstFrame == start)
      #expect(segment.parts.map(\.index) == Array(0..<segmentation.partsPerSegment))
      #expect(segment.parts.allSatisfy { $0.segment == segment.number })
      for part in segment.parts {
        #expect(part.chunks.first?.frameIndex == start + part.index * segmentation.framesPerPart)
        #expect(part.bytes.map(\.count) == part.chunks.map(\.bytes.count))
      }
    }
  }

  @Test(
    "part durations sum to the segment's exactly; only the last may be short",
    arguments: WindowCase.all)
  func durations(row: WindowCase) throws {
    var stream = try row.stream()
    stream.window.goLive()
    stream.publish(segments: 2)
    for segment in stream.window.snapshot.segments {
      #expect(segment.duration == stream.segmentation.segmentTicks)
      #expect(segment.parts.reduce(0) { $0 + $1.duration } == segment.duration)
      #expect(segment.parts.dropLast().allSatisfy { $0.duration == stream.segmentation.partTicks })
      #expect(segment.parts.allSatisfy { $0.duration <= stream.segmentation.partTicks })
    }
  }

  @Test("at 25 fps the ninth part of a segment is one frame")
  func shortLast() throws {
    var stream = try WindowCase(rate: "25").stream()
    stream.window.goLive()
    stream.publish(segments: 1)
    let segment = try #require(stream.window.snapshot.segments.first)
    #expect(segment.parts.map(\.chunks.count) == [3, 3, 3, 3, 3, 3, 3, 3, 1])
  }

  @Test("a part with an IDR is independent, and no other")
  func independent() throws {
    var stream = try WindowCase(rate: "30").stream()
    stream.window.goLive()
    stream.publish(segments: 2)
    for segment in stream.window.snapshot.segments {
      #expect(segment.parts.map(\.isIndependent) == [true] + Array(repeating: false, count: 9))
    }
  }

  @Test("captured is the first frame's, published the last one's")
  func times() throws {
    var stream = try WindowCase(rate: "30").stream()
    let first = stream.next
    stream.window.goLive()
    stream.publish(segments: 1)
    let (grid, segment) = (
      stream.segmentation.grid, try #require(stream.window.snapshot.segments.first)
    )
    #expect(segment.programDateTime == grid.frameTime(of: first).wall)
    #expect(segment.parts[1].captured == grid.frameTime(of: first + 3).wall)
    #expect(segment.parts[1].published == grid.frameTime(of: first + 5).wall + 2_000_000)
    #expect(segment.published == grid.frameTime(of: first + 29).wall + 2_000_000)
  }

  @Test("the end in mid-part makes a last, shorter segment", arguments: Int64(1)...30)
  func end(frames: Int64) throws {
    var stream = try WindowCase(rate: "30").stream()
    stream.window.goLive()
    stream.publish(segments: 1)
    let start = stream.next
    stream.publish(frames: frames)
    stream.window.end()
    let snapshot = stream.window.snapshot
    #expect(snapshot.state == .ended)
    #expect(snapshot.open == nil)
    #expect(snapshot.hint == nil)
    let last = try #require(snapshot.segments.last)
    #expect(snapshot.segments.count == 2)
    #expect(last.text == (start..<start + frames).map { "<\($0)>" }.joined())
    #expect(last.duration == frames * 3000)
    #expect(last.parts.map(\.text).joined() == last.text)
    #expect(last.parts.map(\.chunks.count).reduce(0, +) == Int(frames))
    #expect(last.parts.count == Int(frames + 2) / 3)
  }

  @Test("nothing changes after the end")
  func afterEnd() throws {
    var stream = try WindowCase(rate: "30").stream()
    stream.window.goLive()
    stream.publish(frames: 40)
    stream.window.end()
    let ended = stream.window.snapshot
    stream.publish(frames: 40)
    stream.window.end()
    stream.window.goLive()
    let after = stream.window.snapshot
    #expect(after.state == .ended)
    #expect(after.open == nil)
    #expect(after.version == ended.version)
    #expect(after.segments.map(\.text) == ended.segments.map(\.text))
  }
}
