// SPDX-License-Identifier: Apache-2.0

import CMAF
import Sharing
import TestSupport
import Testing
import Time

@Suite("CMAF chunks, ISO/IEC 23000-19 §7.3.2.3, ISO/IEC 14496-12 §8.8, §8.16.5")
struct ChunkWriterTests {
  static func sample(
    payload: [UInt8] = [0, 0, 0, 2, 0x65, 0x88], time: Int64 = 161_564_014_799_187,
    duration: UInt32 = 3003, captured: WallTime = 1_795_155_719_990_966_666, sequence: UInt32 = 7,
    isSync: Bool = true, shift: Int32 = 0
  ) -> Sample {
    Sample(
      payload: payload, decodeTime: time, duration: duration, captured: captured,
      sequence: sequence, isSync: isSync, shift: shift)
  }

  static func tree(_ sample: Sample, startsSegment: Bool = false, track: UInt32 = 1) throws
    -> BoxTree
  {
    try BoxTree(ChunkWriter(trackID: track).chunk(sample, startsSegment: startsSegment).array)
  }

  @Test("the first chunk of a segment equals its golden file")
  func firstChunk() throws {
    let tree = try Self.tree(Self.sample(), startsSegment: true)
    Golden.expect(tree.text, equals: "first-chunk.txt")
  }

  @Test("a later chunk of a segment equals its golden file")
  func laterChunk() throws {
    let sample = Self.sample(
      payload: [0, 0, 0, 1, 0x41], time: 161_564_014_802_190,
      captured: 1_795_155_720_024_333_333, sequence: 8, isSync: false)
    Golden.expect(try Self.tree(sample).text, equals: "later-chunk.txt")
  }

  @Test(
    "a B-frame has a signed composition offset, trun of version 1, §8.8.8",
    arguments: [Int32(6006), -3003, .min, .max])
  func shifted(shift: Int32) throws {
    let sample = Self.sample(payload: [0, 0, 0, 1, 0x41], isSync: false, shift: shift)
    let chunk = ChunkWriter().chunk(sample, startsSegment: false)
    let found = try ChunkSamples(chunk)
    #expect(found.entries.map(\.shift) == [Int64(shift)])
    #expect(found.entries.map(\.time) == [sample.decodeTime + Int64(shift)])
    #expect(Array(chunk.array[found.entries[0].range]) == sample.payload)
    #expect(chunk.array.suffix(sample.payload.count) == sample.payload[...])
  }

  @Test("only the first chunk of a segment has styp; prft precedes moof, and mdat is last")
  func order() throws {
    #expect(
      try Self.tree(Self.sample(), startsSegment: true).order == ["styp", "prft", "moof", "mdat"])
    #expect(try Self.tree(Self.sample()).order == ["prft", "moof", "mdat"])
  }

  @Test(
    "the data offset is the distance from the start of moof to the sample",
    arguments: [true, false])
  func dataOffset(startsSegment: Bool) throws {
    let sample = Self.sample()
    let tree = try Self.tree(sample, startsSegment: startsSegment)
    let bytes = ChunkWriter().chunk(sample, startsSegment: startsSegment).array
    let start = try #require(tree.offsets["moof"]) + Int(try #require(tree.fields["trun.offset"]))
    let size = Int(try #require(tree.fields["trun.size"]))
    #expect(Array(bytes[start..<start + size]) == sample.payload)
    #expect(start + size == bytes.count)
  }

  @Test("tfhd has default-base-is-moof and no other flag")
  func fragmentRelative() throws {
    #expect(try Self.tree(Self.sample()).fields["tfhd.flags"] == 0x02_0000)
  }

  @Test(
    "decode times have 64 bits, because ticks since 1970 exceed 32",
    arguments: [0, 0xFFFF_FFFF, 0x1_0000_0000, 161_564_014_799_187, Int64.max])
  func decodeTime(time: Int64) throws {
    let tree = try Self.tree(Self.sample(time: time))
    #expect(tree.fields["tfdt.version"] == 1)
    #expect(tree.fields["tfdt.time"] == UInt64(time))
    #expect(tree.fields["prft.version"] == 1)
    #expect(
      tree.fields["prft.time"] == UInt64(time), "prft and tfdt have the time of the same sample")
  }

  @Test("prft has the capture time as NTP, and flags 24: real time, time of capture")
  func producerTime() throws {
    // 1.25 s after 2026-11-20T06:22:00Z, which is 1795155720 + 2208988800 in NTP seconds.
    let tree = try Self.tree(Self.sample(captured: 1_795_155_721_250_000_000), track: 5)
    #expect(tree.fields["prft.flags"] == 24)
    #expect(tree.fields["prft.track"] == 5)
    #expect(tree.fields["prft.ntp"] == UInt64(1_795_155_721 + 2_208_988_800) << 32 | 0x4000_0000)
  }

  @Test("a chunk has one sample with its duration, size and flags", arguments: [true, false])
  func oneSample(isSync: Bool) throws {
    let tree = try Self.tree(Self.sample(duration: 4_000_000_000, isSync: isSync), track: 9)
    #expect(tree.fields["trun.samples"] == 1)
    #expect(tree.fields["trun.duration"] == 4_000_000_000)
    #expect(tree.fields["trun.size"] == 6)
    // sample_depends_on 2 (on none) or 1 (on others); sample_is_non_sync_sample: §8.8.3.1.
    #expect(tree.fields["trun.sampleFlags"] == (isSync ? 0x0200_0000 : 0x0101_0000))
    #expect(tree.fields["tfhd.track"] == 9)
  }

  @Test("the sequence number may have any value of 32 bits", arguments: [0, 1, UInt32.max])
  func sequence(number: UInt32) throws {
    #expect(try Self.tree(Self.sample(sequence: number)).fields["mfhd.sequence"] == UInt64(number))
  }

  @Test(
    "the size of a chunk is that of its boxes and payload",
    arguments: [0, 1, 7, 8, 255, 256, 65_536, 1_000_003])
  func sizes(count: Int) throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for startsSegment in [true, false] {
      let chunk = ChunkWriter().chunk(
        Self.sample(payload: payload), startsSegment: startsSegment)
      let tree = try BoxTree(chunk.array)
      #expect(tree.mediaData == payload)
      #expect(chunk.count == (startsSegment ? 24 : 0) + 32 + 100 + 8 + count)
    }
  }

  @Test("a segment without media is the styp with which each segment begins")
  func bare() throws {
    let bare = SegmentType.bare.array
    #expect(try BoxTree(bare).order == ["styp"])
    #expect(ChunkWriter().chunk(Self.sample(), startsSegment: true).array.starts(with: bare))
  }
}
