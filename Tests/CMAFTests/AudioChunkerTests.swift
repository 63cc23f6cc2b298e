// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Sharing
import TestSupport
import Testing
import Time

@Suite("Audio chunks: one per part")
struct AudioChunkerTests {
  static func segmentation() throws -> AudioSegmentation {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    return try #require(AudioSegmentation(following: video, sampleRate: 48_000))
  }

  static func bytes(_ index: Int64) -> [UInt8] {
    [0x21, UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: index >> 8)]
  }

  @Test("the chunks of a segment have its AAC frames in order, and the first begins with styp")
  func segment() throws {
    let segmentation = try Self.segmentation()
    var chunker = AudioChunker(segmentation: segmentation)
    let number: Int64 = 1_795_155_721
    let first = segmentation.firstFrame(of: number)
    var chunks: [AudioChunk] = []
    for index in first..<first + 47 {
      let ended = chunker.add(
        Self.bytes(index), frame: index, captured: WallTime(nanoseconds: index * 10))
      #expect(ended.isEmpty == ((index - first + 1) % 5 != 0 && index != first + 46))
      chunks += ended
    }
    #expect(chunks.map(\.frames) == [5, 5, 5, 5, 5, 5, 5, 5, 5, 2])
    for (part, chunk) in chunks.enumerated() {
      let tree = try BoxTree(chunk.bytes.array)
      #expect(tree.order.first == (part == 0 ? "styp" : "prft"))
      #expect(chunk.firstFrame == first + Int64(5 * part))
      #expect(chunk.captured == WallTime(nanoseconds: chunk.firstFrame * 10))
      #expect(tree.fields["tfdt.time"] == UInt64(chunk.firstFrame * 1024))
      let frames = chunk.firstFrame..<chunk.firstFrame + chunk.frames
      #expect(tree.mediaData == frames.flatMap { Self.bytes($0) })
    }
    #expect(chunker.flush().isEmpty)
  }

  @Test("short chunks have the same AAC frames, at most two each, and end with their part")
  func short() throws {
    let segmentation = try Self.segmentation()
    var chunker = AudioChunker(segmentation: segmentation)
    let first = segmentation.firstFrame(of: 1_795_155_721)
    var short: [AudioChunk] = []
    for index in first..<first + 47 {
      let parts = chunker.add(
        Self.bytes(index), frame: index, captured: WallTime(nanoseconds: index * 10))
      if let chunk = chunker.short { short.append(chunk) }
      #expect(parts.isEmpty || chunker.short != nil)
    }
    #expect(short.prefix(6).map(\.frames) == [2, 2, 1, 2, 2, 1])
    #expect(short.suffix(2).map(\.frames) == [1, 2])
    var next = first
    for chunk in short {
      #expect(chunk.firstFrame == next)
      next += chunk.frames
      #expect(chunk.captured == WallTime(nanoseconds: chunk.firstFrame * 10))
      let tree = try BoxTree(chunk.bytes.array)
      #expect(tree.order.first == "prft")
      #expect(tree.fields["tfdt.time"] == UInt64(chunk.firstFrame * 1024))
      #expect(tree.mediaData == (chunk.firstFrame..<next).flatMap { Self.bytes($0) })
    }
    #expect(next == first + 47)
  }

  @Test("a missing AAC frame ends its chunk, and flush returns the unfinished chunk")
  func missing() throws {
    let segmentation = try Self.segmentation()
    var chunker = AudioChunker(segmentation: segmentation)
    let first = segmentation.firstFrame(of: 7)
    var chunks: [AudioChunk] = []
    for index in [0, 1, 3, 4, 5, 6] as [Int64] {
      chunks += chunker.add(Self.bytes(first + index), frame: first + index, captured: 0)
    }
    chunks += chunker.flush()
    #expect(chunks.map { $0.firstFrame - first } == [0, 3, 5])
    #expect(chunks.map(\.frames) == [2, 2, 2])
  }
}
