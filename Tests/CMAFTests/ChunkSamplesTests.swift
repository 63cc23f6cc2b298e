// SPDX-License-Identifier: Apache-2.0

import CMAF
import Sharing
import TestSupport
import Testing

@Suite("The samples of CMAF chunks, ISO/IEC 14496-12 §8.8")
struct ChunkSamplesTests {
  private static func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
    number(8 + content.count) + Array(type.utf8) + content
  }

  private static func number(_ value: Int) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// A chunk with these numbers in `tfhd`, `tfdt` and `trun`, and eight bytes of media.
  private static func chunk(
    _ head: [Int] = [0x38, 1, 100, 4, 0], _ time: [Int] = [0, 7000], _ run: [Int] = [0, 2]
  ) -> [UInt8] {
    let track = box(
      "traf",
      box("tfhd", head.flatMap(number)) + box("tfdt", time.flatMap(number))
        + box("trun", run.flatMap(number)))
    return box("free", [1]) + box("moof", box("mfhd", number(0) + number(1)) + track)
      + box("mdat", Array(1...8))
  }

  private static func samples(_ chunk: [UInt8]) -> [[UInt8]]? {
    try? ChunkSamples(SharedBytes(chunk)).entries.map { Array(chunk[$0.range]) }
  }

  @Test("a video chunk has one sample, whatever precedes moof", arguments: [true, false])
  func video(startsSegment: Bool) throws {
    for isSync in [true, false] {
      let sample = ChunkWriterTests.sample(isSync: isSync)
      let plain = ChunkWriter().chunk(sample, startsSegment: startsSegment).array
      let event = EventMessage(id: 1, time: 5, timescale: 9, data: Array("{}".utf8)).box
      for bytes in [plain, event + plain] {
        let entries = try ChunkSamples(SharedBytes(bytes)).entries
        let entry = try #require(entries.first)
        #expect(entries.count == 1)
        #expect(Array(bytes[entry.range]) == sample.payload)
        #expect(entry.time == sample.decodeTime && entry.isSync == isSync)
      }
    }
  }

  @Test("an audio chunk has a sample for each AAC frame, 1024 ticks apart")
  func audio() throws {
    let run = SampleRunTests.run()
    let bytes = SampleRunTests.bytes(run, startsSegment: true)
    let entries = try ChunkSamples(SharedBytes(bytes)).entries
    #expect(entries.map { Array(bytes[$0.range]) } == run.payloads)
    #expect(entries.map(\.time) == (0..<5).map { run.decodeTime + 1024 * $0 })
    #expect(entries.map(\.isSync) == Array(repeating: true, count: 5))
  }

  @Test("defaults of tfhd, the flags of the first sample and composition offsets count")
  func fields() throws {
    let plain = Self.chunk()
    #expect(Self.samples(plain) == [[1, 2, 3, 4], [5, 6, 7, 8]])
    let shifted = Self.chunk(
      [0x38, 1, 100, 4, 0x1_0000], [0x0100_0000, 1, 0], [0x0100_0804, 2, 0, 50, -20])
    let entries = try ChunkSamples(SharedBytes(shifted)).entries
    #expect(entries.map(\.time) == [1 << 32 + 50, 1 << 32 + 80])
    #expect(entries.map(\.isSync) == [true, false])
    let described = Self.chunk([0x3A, 1, 1, 100, 4, 0])
    #expect(Self.samples(described) == [[1, 2, 3, 4], [5, 6, 7, 8]])
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let chunk: [UInt8]
  }

  @Test(
    "impossible chunks are refused",
    arguments: [
      Row(testDescription: "nothing", chunk: []),
      Row(testDescription: "no moof", chunk: box("mdat", [1, 2])),
      Row(
        testDescription: "two tracks",
        chunk: {
          let traf = box("traf", box("tfhd", number(0) + number(1)))
          return box("moof", traf + traf)
        }()),
      Row(testDescription: "no samples", chunk: chunk(run: [0, 0])),
      Row(testDescription: "no duration", chunk: chunk([0x30, 1, 4, 0])),
      Row(testDescription: "no size", chunk: chunk([0x28, 1, 100, 0])),
      Row(testDescription: "no flags", chunk: chunk([0x18, 1, 100, 4])),
      Row(testDescription: "base offset", chunk: chunk([0x39, 1, 0, 0, 100, 4, 0])),
      Row(testDescription: "more samples than bytes", chunk: chunk(run: [0, 3])),
      Row(
        testDescription: "very many samples", chunk: chunk([0x38, 1, 1, 0, 0], [0, 0], [0, -1])),
      Row(testDescription: "a size per sample is missing", chunk: chunk(run: [0x200, 2, 4])),
      Row(testDescription: "an offset before moof", chunk: chunk(run: [1, 2, -1])),
      Row(testDescription: "an offset into moof", chunk: chunk(run: [1, 2, 8])),
      Row(testDescription: "an offset after the end", chunk: chunk(run: [1, 2, 0x7FFF_FFFF])),
      Row(testDescription: "a negative time", chunk: chunk(time: [0x0100_0000, -1, 0])),
    ])
  func impossible(row: Row) {
    #expect(throws: BoxError.self) { try ChunkSamples(SharedBytes(row.chunk)) }
  }

  @Test("boxes of any length may precede the fragment", arguments: [0, 300, 490, 512, 4000])
  func longHead(count: Int) throws {
    let bytes = SampleRunTests.bytes(SampleRunTests.run(), startsSegment: true)
    let head = Self.box("emsg", [UInt8](repeating: 7, count: count))
    let expected = try ChunkSamples(SharedBytes(bytes)).entries.map { Array(bytes[$0.range]) }
    let whole = head + bytes
    #expect(
      try ChunkSamples(SharedBytes(whole)).entries.map { Array(whole[$0.range]) } == expected)
  }

  @Test("a chunk that is cut off is refused, wherever the cut is")
  func truncated() {
    let bytes = SampleRunTests.bytes(SampleRunTests.run(), startsSegment: true)
    for count in bytes.indices {
      #expect(throws: BoxError.self, "\(count) bytes") {
        try ChunkSamples(SharedBytes(Array(bytes[..<count])))
      }
    }
  }
}

extension ChunkSamplesTests {
  private static func chunk(run: [Int]) -> [UInt8] { chunk([0x38, 1, 100, 4, 0], [0, 7000], run) }

  private static func chunk(time: [Int]) -> [UInt8] {
    chunk([0x38, 1, 100, 4, 0], time, [0, 2])
  }
}
