// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing

extension MediaNames {
  /// The segment or part that `name` means in a stream with these names.
  fileprivate func media(named name: String) -> MediaFile? {
    switch MediaName(name[...]) {
    case .segment(let number): segment(number).map { MediaFile(segment: $0, part: nil) }
    case .part(let part, let number): segment(number).map { MediaFile(segment: $0, part: part) }
    case .header, .text, nil: nil
    }
  }
}

private struct MediaFile: Equatable {
  let segment: Int64
  let part: Int64?
}

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
    "a written name reads as its segment and part", arguments: MediaNames.Numbering.allCases,
    UInt64(0)..<20)
  func roundTrip(numbering: MediaNames.Numbering, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let names = MediaNames(numbering, first: Self.first)
    for _ in 0..<50 {
      let reach: Int64 = Bool.random(using: &random) ? 200 : 1_000_000_000_000
      let segment = Self.first + Int64.random(in: 0...reach, using: &random)
      let part = Int64.random(in: 0...200, using: &random)
      let (whole, piece) = (names.name(ofSegment: segment), names.name(ofPart: part, in: segment))
      #expect(names.media(named: whole) == MediaFile(segment: segment, part: nil))
      #expect(names.media(named: piece) == MediaFile(segment: segment, part: part))
      #expect(names.segment(printed: UInt64(names.printed(segment))) == segment)
    }
  }

  @Test(
    "a name that is never written is no media name", arguments: MediaNames.Numbering.allCases,
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
    #expect(MediaNames(numbering, first: Self.first).media(named: name) == nil)
  }

  @Test("the name of a CMAF header reads as its hash")
  func header() {
    #expect(MediaName("init-a1b2c3d4.mp4") == .header(hash: "a1b2c3d4"))
    for name in ["init-", "init-1.m4s", "init.mp4", "nit-1.mp4", ".mp4"] {
      #expect(MediaName(name[...]) == nil)
    }
  }

  @Test("only the numbering run has leading zeros")
  func zeros() {
    #expect(Self.epoch.media(named: "segment1.m4s") == MediaFile(segment: 1, part: nil))
    #expect(Self.epoch.media(named: "segment00001.m4s") == nil)
    #expect(Self.run.media(named: "segment00001.m4s") == MediaFile(segment: Self.first, part: nil))
    #expect(Self.run.media(named: "segment1.m4s") == nil)
  }

  @Test("every number can be requested", arguments: [UInt64.max, UInt64(Int64.max), 1 << 62])
  func absurd(number: UInt64) {
    #expect(Self.epoch.segment(printed: number) == nil)
    #expect(Self.run.segment(printed: number) == nil)
  }
}
