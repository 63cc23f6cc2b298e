// SPDX-License-Identifier: Apache-2.0

import CMAF
import Sharing
import TestSupport
import Testing

@Suite("The frames of a segment as rows, ISO/IEC 14496-12 §8.8")
struct SegmentIndexTests {
  private static let start: Int64 = 161_564_014_799_187

  /// A segment of video with payloads of 3, 4, 5 … bytes, whose frames are at these multiples of a
  /// frame's duration.
  private static func video(at frames: [Int64] = [0, 1, 2]) -> [SharedBytes] {
    frames.enumerated().map { index, frame in
      ChunkWriter().chunk(
        ChunkWriterTests.sample(
          payload: [UInt8](repeating: UInt8(index), count: 3 + index), time: start + 3003 * frame,
          isSync: index == 0), startsSegment: index == 0)
    }
  }

  private static func joined(_ chunks: [SharedBytes]) -> [UInt8] { chunks.flatMap(\.array) }

  @Test("the rows of video lead to the payloads, and state times and key frames")
  func video() throws {
    let chunks = Self.video()
    let bytes = Self.joined(chunks)
    let index = try SegmentIndex(chunks)
    #expect(
      index.frames.map { Array(bytes[$0.offset..<$0.offset + $0.size]) }
        == [[0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2, 2]])
    #expect(index.frames.map(\.duration) == [3003, 3003, 3003])
    #expect(index.frames.map(\.shift) == [0, 0, 0])
    #expect(index.frames.map(\.isSync) == [true, false, false])
    #expect(index.decodeTime == Self.start && index.duration == 9009)
    #expect(index.size == bytes.count)
  }

  @Test("a segment in one piece has the rows of its chunks")
  func pieces() throws {
    for chunks in [Self.video(), [ChunkWriter().chunk(SampleRunTests.run(), startsSegment: true)]] {
      #expect(try SegmentIndex([SharedBytes(Self.joined(chunks))]) == SegmentIndex(chunks))
    }
  }

  @Test("an audio chunk has a row for each AAC frame")
  func audio() throws {
    let run = SampleRunTests.run()
    let bytes = SampleRunTests.bytes(run, startsSegment: true)
    let index = try SegmentIndex([SharedBytes(bytes)])
    #expect(
      index.frames.map { Array(bytes[$0.offset..<$0.offset + $0.size]) } == run.payloads)
    #expect(index.frames.map(\.duration) == [1024, 1024, 1024, 1024, 1024])
    #expect(index.decodeTime == run.decodeTime && index.duration == 5 * 1024)
  }

  @Test("a frame before lost frames lasts until the next frame")
  func lost() throws {
    let index = try SegmentIndex(Self.video(at: [0, 1, 4, 5]))
    #expect(index.frames.map(\.duration) == [3003, 9009, 3003, 3003])
    #expect(index.duration == 6 * 3003)
  }

  @Test("composition offsets are the shifts of the rows")
  func shifts() throws {
    func number(_ value: Int) -> [UInt8] {
      (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
      number(8 + content.count) + Array(type.utf8) + content
    }
    let run = [0x0100_0804, 3, 0, 200, 100, -100].flatMap(number)
    let track = box(
      "traf",
      box("tfhd", [0x38, 1, 100, 2, 0x1_0000].flatMap(number))
        + box("tfdt", [0, 7000].flatMap(number)) + box("trun", run))
    let bytes = box("moof", track) + box("mdat", Array(1...6))
    let index = try SegmentIndex([SharedBytes(bytes)])
    #expect(index.frames.map(\.shift) == [200, 100, -100])
    #expect(index.frames.map(\.isSync) == [true, false, false])
  }

  @Test("the media of a segment is its bytes without styp, prft and emsg")
  func media() throws {
    let event = EventMessage(id: 1, time: 5, timescale: 9, data: Array("{}".utf8)).box
    let chunks = [SharedBytes(event)] + Self.video()
    let bytes = Self.joined(chunks)
    let index = try SegmentIndex(chunks)
    let kept = index.media.flatMap { bytes[$0] }
    var reader = BoxReader(bytes)
    var expected: [UInt8] = []
    while let box = try reader.next() {
      if ["moof", "mdat"].contains(box.type) {
        expected += bytes[box.content.upperBound - box.size..<box.content.upperBound]
      }
    }
    #expect(kept == expected && index.media.count == 3)
  }

  @Test("a number without media has no rows")
  func gap() throws {
    let index = try SegmentIndex([SegmentType.bare])
    #expect(index.frames.isEmpty && index.duration == 0 && index.size == SegmentType.bare.count)
  }

  @Test("times that fall are refused")
  func falling() {
    #expect(throws: BoxError.time) { try SegmentIndex(Self.video(at: [4, 3])) }
  }

  @Test("a segment that is cut within a box is refused, wherever the cut is")
  func truncated() throws {
    let bytes = Self.joined(Self.video())
    var ends: Set<Int> = [0]
    var reader = BoxReader(bytes)
    while let box = try reader.next() { ends.insert(box.content.upperBound) }
    for count in bytes.indices where !ends.contains(count) {
      #expect(throws: BoxError.self, "\(count) bytes") {
        try SegmentIndex([SharedBytes(Array(bytes[..<count]))])
      }
    }
    // A fragment whose mdat is missing has a frame without bytes.
    let first = try #require(ends.sorted().dropFirst(3).first)
    #expect(throws: BoxError.sampleRange) {
      try SegmentIndex([SharedBytes(Array(bytes[..<first]))])
    }
  }
}
