// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import TestSupport
import Testing

@Suite("The window slides, RFC 8216bis §6.2.2")
struct SlidingWindowTests {
  @Test("the newest segments are listed, more are kept, numbers are consecutive")
  func eviction() throws {
    var stream = try WindowCase(rate: "30").stream(playlistLength: 6, retained: 9)
    let first = stream.segmentation.segment(of: stream.next)
    stream.window.goLive()
    for count in Int64(1)...25 {
      stream.publish(segments: 1)
      let snapshot = stream.window.snapshot
      #expect(snapshot.segments.map(\.number) == Array(first + max(0, count - 9)..<first + count))
      #expect(snapshot.listed.map(\.number) == Array(first + max(0, count - 6)..<first + count))
    }
  }

  /// A removed segment stays for its own duration and that of the longest playlist: two more than
  /// are listed.
  @Test("two segments more than are listed are kept at least", arguments: [0, 6, 7, 8])
  func minimumRetained(retained: Int) throws {
    var stream = try WindowCase(rate: "30").stream(playlistLength: 6, retained: retained)
    stream.window.goLive()
    stream.publish(segments: 20)
    #expect(stream.window.snapshot.segments.count == 8)
    #expect(stream.window.snapshot.listed.count == 6)
  }

  @Test("segments and parts are found by their numbers, and nothing else is")
  func lookUp() throws {
    var stream = try WindowCase(rate: "30").stream()
    stream.window.goLive()
    stream.publish(segments: 12)
    stream.publish(parts: 4)
    stream.publish(frames: 2)
    let snapshot = stream.window.snapshot
    let open = try #require(snapshot.open?.number)
    for number in open - 9..<open {
      #expect(snapshot.segment(number)?.number == number)
      #expect(snapshot.part(9, of: number)?.segment == number)
      #expect(snapshot.part(10, of: number) == nil)
      #expect(snapshot.part(-1, of: number) == nil)
      #expect(snapshot.part(.max, of: number) == nil)
    }
    for number in [open - 10, open, open + 1, -1, 0, .max, .min] {
      #expect(snapshot.segment(number) == nil)
    }
    #expect(snapshot.part(3, of: open)?.index == 3)
    #expect(snapshot.part(4, of: open) == nil, "not complete")
    for number in [open - 10, open + 1, .max, .min] { #expect(snapshot.part(0, of: number) == nil) }
    #expect(snapshot.newest == open)
  }

  @Test("numbers before the session were those of a program before, until a segment was removed")
  func predating() throws {
    var stream = try WindowCase(rate: "30").stream(playlistLength: 6, retained: 9)
    let first = stream.segmentation.segment(of: stream.next)
    stream.window.goLive()
    let state = { (number: Int64) in
      "\(stream.window.snapshot.availability(of: number, stream.window.segmentation))"
    }
    stream.publish(parts: 1)
    for count in 0..<12 {
      let isNew = count < 6
      #expect(state(first - 1) == (isNew ? "predating" : "evicted"), "\(count) segments")
      #expect(state(first - 6) == (isNew ? "predating" : "evicted"), "\(count) segments")
      #expect(state(first - 7) == "evicted" && state(.min) == "evicted")
      stream.publish(segments: 1)
    }
  }

  @Test("the hint is the part that comes next", arguments: WindowCase.all)
  func hint(row: WindowCase) throws {
    var stream = try row.stream()
    stream.window.goLive()
    #expect(stream.window.snapshot.hint == nil)
    stream.publish(segments: 2)
    for _ in 0..<2 * stream.segmentation.partsPerSegment {
      let hint = try #require(stream.window.snapshot.hint)
      #expect(stream.window.snapshot.part(hint.index, of: hint.segment) == nil)
      stream.publish(parts: 1)
      #expect(stream.window.snapshot.part(hint.index, of: hint.segment) != nil)
    }
  }

  @Test("history fills the window unseen, then everything is there at once")
  func prefill() throws {
    let stream = try WindowCase(rate: "30").stream()
    let first = stream.next
    let empty = stream.window.snapshot
    #expect(empty.state == .starting)
    for frame in first..<first + 100 {
      stream.window.appendPrefill(SyntheticStream.chunk(frame, stream.segmentation))
      #expect(stream.window.snapshot === empty)
    }
    stream.window.goLive()
    let snapshot = stream.window.snapshot
    #expect(snapshot.state == .live)
    #expect(snapshot.segments.count == 3)
    #expect(snapshot.segments.allSatisfy { $0.isPrefill })
    #expect(snapshot.open?.isPrefill == true)
    #expect(snapshot.open?.parts.count == 3)
    #expect(snapshot.open?.chunks.count == 10)
    #expect(snapshot.hint?.segment == stream.segmentation.segment(of: first) + 3)
    #expect(snapshot.hint?.index == 3)
    stream.window.publish(SyntheticStream.chunk(first + 100, stream.segmentation))
    stream.window.publish(SyntheticStream.chunk(first + 101, stream.segmentation))
    #expect(stream.window.snapshot.open?.parts.count == 4)
  }

  @Test("an old snapshot does not change when the window goes on")
  func immutable() throws {
    var stream = try WindowCase(rate: "30").stream()
    stream.window.goLive()
    stream.publish(frames: 100)
    let old = stream.window.snapshot
    let (texts, open) = (old.segments.map(\.text), old.open?.chunks.count)
    stream.publish(segments: 20)
    #expect(old.segments.map(\.text) == texts)
    #expect(old.open?.chunks.count == open)
  }

  @Test("each change wakes every subscriber once, and it sees the new snapshot")
  func wakes() throws {
    var stream = try WindowCase(rate: "30").stream()
    let window = stream.window
    let seen = Locked<[Int64]>([])
    for _ in 0..<2 {
      window.subscribe { [weak window] in
        guard let window else { return }
        seen.withLock { $0.append(window.snapshot.revision) }
      }
    }
    window.goLive()
    stream.publish(frames: 3)
    window.end()
    let revisions = seen.withLock { $0 }
    #expect(revisions.count == 10)
    #expect(revisions == revisions.sorted())
    #expect(Set(revisions).count == 5)
  }

  @Test("above its limit of bytes a window is shortened, to no less than three segments")
  func shortened() {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let window = LiveWindow(
      segmentation: .video(segmentation), playlistLength: 6, retained: 8, byteLimit: 500_000)
    window.goLive()
    let first = segmentation.firstFrame(of: 1_795_155_720)
    func publish(_ frames: Range<Int64>, bytes: Int) {
      for frame in frames {
        window.publish(
          Chunk(
            frameIndex: first + frame, segment: nil, isIndependent: frame % 30 == 0,
            duration: segmentation.grid.rate.ticksPerFrame, captured: 0, published: 1,
            bytes: SharedBytes([UInt8](repeating: 0, count: bytes))))
      }
    }
    publish(0..<300, bytes: 1000)
    #expect(window.snapshot.segments.count == 8 && !window.snapshot.isShortened)
    #expect(window.snapshot.size == 240_000)
    publish(300..<600, bytes: 4000)
    // Four segments of 120,000 bytes are within the limit.
    #expect(window.snapshot.segments.count == 4 && window.snapshot.isShortened)
    #expect(window.snapshot.size == 480_000)
    publish(600..<900, bytes: 40_000)
    #expect(window.snapshot.segments.count == 3)
    #expect(window.snapshot.segments.last?.number == 1_795_155_749)
  }
}
