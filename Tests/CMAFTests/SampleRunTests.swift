// SPDX-License-Identifier: Apache-2.0

import Sharing
import TestSupport
import Testing

@testable import CMAF

@Suite("CMAF chunks of several AAC frames, ISO/IEC 23000-19 §7.3.2.3, ISO/IEC 14496-12 §8.8")
struct SampleRunTests {
  static func run(
    _ payloads: [[UInt8]] = [[0x21, 1], [0x21, 2, 2], [0x21, 3], [0x21, 4], [0x21, 5, 5, 5]],
    time: Int64 = 86_167_474_560_000
  ) -> SampleRun {
    SampleRun(
      payloads: payloads, decodeTime: time, sampleDuration: 1024,
      captured: 1_795_155_720_000_000_000, sequence: 8)
  }

  static func bytes(_ run: SampleRun, startsSegment: Bool = false) -> [UInt8] {
    ChunkWriter().chunk(run, startsSegment: startsSegment).array
  }

  @Test("the first chunk of an audio segment equals its golden file")
  func first() throws {
    let tree = try BoxTree(Self.bytes(Self.run(), startsSegment: true))
    Golden.expect(tree.text, equals: "audio-first-chunk.txt")
  }

  @Test("a chunk of one AAC frame equals its golden file")
  func single() throws {
    let run = Self.run([[0x21, 0x10]], time: 86_167_474_565_120)
    Golden.expect(try BoxTree(Self.bytes(run)).text, equals: "audio-single-frame.txt")
  }

  @Test("duration and flags occur once, sizes per AAC frame; every AAC frame is independent")
  func fields() throws {
    let tree = try BoxTree(Self.bytes(Self.run()))
    #expect(tree.fields["tfhd.flags"] == 0x02_0028)
    #expect(tree.fields["tfhd.duration"] == 1024)
    // sample_depends_on 2, sample_is_non_sync_sample 0: §8.8.3.1.
    #expect(tree.fields["tfhd.sampleFlags"] == 0x0200_0000)
    #expect(tree.fields["trun.flags"] == 0x201)
    #expect(tree.fields["trun.samples"] == 5)
    #expect(tree.sampleSizes == [2, 3, 2, 2, 4])
    #expect(tree.fields["tfdt.time"] == 86_167_474_560_000)
    #expect(tree.fields["prft.time"] == 86_167_474_560_000)
  }

  @Test("from the data offset, the sample sizes delimit each AAC frame in mdat", arguments: 1...9)
  func sampleSizes(count: Int) throws {
    let payloads = (0..<count).map { [UInt8](repeating: UInt8($0), count: 7 * $0 + 1) }
    for startsSegment in [true, false] {
      let bytes = Self.bytes(Self.run(payloads), startsSegment: startsSegment)
      let tree = try BoxTree(bytes)
      let coded = payloads.reduce(0) { $0 + $1.count } + (startsSegment ? 24 : 0)
      #expect(Int64(bytes.count - coded) == ChunkWriter.overhead(ofRun: count))
      var offset =
        try #require(tree.offsets["moof"]) + Int(try #require(tree.fields["trun.offset"]))
      for (payload, size) in zip(payloads, tree.sampleSizes) {
        #expect(Array(bytes[offset..<offset + size]) == payload)
        offset += size
      }
      #expect(offset == bytes.count && tree.sampleSizes.count == count)
    }
  }
}
