// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing

@Suite("The names of media on the wire")
struct MediaNamesTests {
  static let first: Int64 = 1_795_155_720
  static let epoch = MediaNames(.epoch, first: first)
  static let run = MediaNames(.run, first: first)

  @Test("epoch numbers are the segment's own; a run counts from 1, five digits")
  func written() {
    #expect(Self.epoch.name(ofSegment: Self.first) == "segment1795155720.m4s")
    #expect(Self.epoch.name(ofPart: 3, in: Self.first) == "segment1795155720.3.m4s")
    #expect(Self.run.name(ofSegment: Self.first) == "segment00001.m4s")
    #expect(Self.run.name(ofPart: 12, in: Self.first + 41) == "segment00042.12.m4s")
    #expect(Self.run.name(ofSegment: Self.first + 99_998) == "segment99999.m4s")
    #expect(Self.run.name(ofSegment: Self.first + 99_999) == "segment100000.m4s")
    #expect(Self.epoch.name(ofHeader: "a1b2c3d4") == "init-a1b2c3d4.mp4")
    #expect(Self.epoch.printed(Self.first) == Self.first)
    #expect(Self.run.printed(Self.first) == 1)
  }

  @Test(
    "what is written reads as the same", arguments: MediaNames.Numbering.allCases, UInt64(0)..<20)
  func roundTrip(numbering: MediaNames.Numbering, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let names = MediaNames(numbering, first: Self.first)
    for _ in 0..<50 {
      let reach: Int64 = Bool.random(using: &random) ? 200 : 1_000_000_000_000
      let segment = Self.first + Int64.random(in: 0...reach, using: &random)
      let part = Int64.random(in: 0...200, using: &random)
      let (whole, piece) = (names.name(ofSegment: segment), names.name(ofPart: part, in: segment))
      #expect(names.media(named: whole[...]) == .segment(segment))
      #expect(names.media(named: piece[...]) == .part(part, of: segment))
      #expect(names.segment(printed: UInt64(names.printed(segment))) == segment)
    }
  }

  @Test(
    "a name that is not exactly as it is written is none", arguments: MediaNames.Numbering.allCases,
    [
      "", "segment", "segment.m4s", "segmen1.m4s", "segment01.m4s", "segment+1.m4s",
      "segment-1.m4s", "segment1.00.m4s", "segment1.+0.m4s", "segment1.-0.m4s", "segment1.-1.m4s",
      "segment1..m4s", "segment1.0.0.m4s", "segment1.0", "segment1.m4", "segment1.mp4", "segment1",
      "Segment1.m4s", "segment1.M4S", " segment1.m4s", "segment1.m4s ", "segment1 .m4s",
      "segment１.m4s", "segment٣.m4s", "segment1.٠.m4s", "segment0x1.m4s", "segment1e3.m4s",
      "segment0000001.m4s", "segment18446744073709551615.m4s", "segment18446744073709551616.m4s",
      "segment9223372036854775807.m4s", "segment9223372036854775808.m4s", "xsegment1.m4s",
      "segment00001.9223372036854775808.m4s", "../segment1.m4s", "segment1\0.m4s", "init-1.mp4",
    ])
  func refused(numbering: MediaNames.Numbering, name: String) {
    #expect(MediaNames(numbering, first: Self.first).media(named: name[...]) == nil)
  }

  @Test("zeros in front belong to a run and to nothing else")
  func zeros() {
    #expect(Self.epoch.media(named: "segment1.m4s") == .segment(1))
    #expect(Self.epoch.media(named: "segment00001.m4s") == nil)
    #expect(Self.run.media(named: "segment00001.m4s") == .segment(Self.first))
    #expect(Self.run.media(named: "segment1.m4s") == nil)
  }

  @Test("no number is too absurd to ask for", arguments: [UInt64.max, UInt64(Int64.max), 1 << 62])
  func absurd(number: UInt64) {
    #expect(Self.epoch.segment(printed: number) == nil)
    #expect(Self.run.segment(printed: number) == nil)
  }
}
