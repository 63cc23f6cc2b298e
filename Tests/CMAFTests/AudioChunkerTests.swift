// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Sharing
import TestSupport
import Testing
import Time

@Suite("Audio chunks: one or two AAC frames, several per part")
struct AudioChunkerTests {
  static func segmentation() throws -> AudioSegmentation {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    return try #require(AudioSegmentation(following: video, sampleRate: 48_000))
  }

  static func bytes(_ index: Int64) -> [UInt8] {
    [0x21, UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: index >> 8)]
  }

  @Test("the chunks of a segment have its AAC frames in order, two each, and end with their part")
  func segment() throws {
    let segmentation = try Self.segmentation()
    var chunker = AudioChunker(segmentation: segmentation)
    let first = segmentation.firstFrame(of: 1_795_155_721)
    var chunks: [AudioChunk] = []
    for index in first..<first + 47 {
      chunks += chunker.add(
        Self.bytes(index), frame: index, captured: WallTime(nanoseconds: index * 10))
      let ended = chunks.last.map { $0.firstFrame + $0.frames } ?? first
      #expect(index + 1 - ended <= 1, "no chunk waits for a third frame")
    }
    let parts = Array(repeating: [2, 2, 1] as [Int64], count: 9) + [[2]]
    #expect(chunks.map(\.frames) == parts.flatMap { $0 })
    #expect(
      chunks.map(\.endsPart) == parts.flatMap { part in part.indices.map { $0 == part.count - 1 } })
    var next = first
    for chunk in chunks {
      #expect(chunk.firstFrame == next)
      next += chunk.frames
      #expect(chunk.captured == WallTime(nanoseconds: chunk.firstFrame * 10))
      let tree = try BoxTree(chunk.bytes.array)
      #expect(tree.order.first == (chunk.firstFrame == first ? "styp" : "prft"))
      #expect(tree.fields["tfdt.time"] == UInt64(chunk.firstFrame * 1024))
      #expect(tree.mediaData == (chunk.firstFrame..<next).flatMap { Self.bytes($0) })
    }
    #expect(next == first + 47)
    #expect(chunker.flush().isEmpty)
  }

  @Test("a phase is in the decode times, and moves no frame to another chunk")
  func phase() throws {
    let segmentation = try Self.segmentation()
    var plain = AudioChunker(segmentation: segmentation)
    var chunker = plain
    chunker.phase = -480
    for index in segmentation.firstFrame(of: 7)..<segmentation.firstFrame(of: 8) {
      let time = WallTime(nanoseconds: index * 10)
      let chunks = chunker.add(Self.bytes(index), frame: index, captured: time)
      let others = plain.add(Self.bytes(index), frame: index, captured: time)
      #expect(chunks.map(\.firstFrame) == others.map(\.firstFrame))
      for chunk in chunks {
        let tree = try BoxTree(chunk.bytes.array)
        #expect(tree.fields["tfdt.time"] == UInt64(chunk.firstFrame * 1024 - 480))
      }
    }
  }

  @Test("the boxes of a part have the announced size", arguments: [1, 2, 5, 6] as [Int64])
  func overhead(framesPerPart: Int64) throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let segmentation = try #require(
      AudioSegmentation(following: video, sampleRate: 48_000, framesPerPart: framesPerPart))
    var chunker = AudioChunker(segmentation: segmentation)
    let first = segmentation.firstFrame(of: 7) + framesPerPart
    var size = 0
    for index in first..<first + framesPerPart {
      for chunk in chunker.add(Self.bytes(index), frame: index, captured: 0) {
        size += chunk.bytes.count
      }
    }
    let boxes = Int64(size) - 3 * framesPerPart
    #expect(AudioChunker.overhead(ofPart: Int(framesPerPart)) == boxes)
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
    #expect(
      chunker.add(Self.bytes(first + 7), frame: first + 7, captured: 0).isEmpty,
      "the first frame of a chunk")
    chunks = chunker.add(Self.bytes(first + 9), frame: first + 9, captured: 0)
    #expect(chunks.map { $0.firstFrame - first } == [7, 9], "the frame after the hole ends a part")
  }
}
