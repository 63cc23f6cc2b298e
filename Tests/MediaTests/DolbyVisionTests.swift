// SPDX-License-Identifier: Apache-2.0

import Foundation
import Media
import Testing

@Suite("Dolby Vision, Streams Within the ISO Base Media File Format 2.4")
struct DolbyVisionTests {
  /// A record: the flags are rpu_present, el_present and bl_present.
  private func record(_ profile: UInt8, _ level: UInt8, _ compatibility: UInt8, flags: UInt8 = 5)
    -> [UInt8]
  {
    [1, 0, profile << 1 | level >> 5, level << 3 | flags, compatibility << 4]
      + [UInt8](repeating: 0, count: 19)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let profile, level, compatibility: UInt8
    let entry: String
    var transfer: UInt8 = 2
    let supplement: String?
    var codecs: String?
    var box = "dvvC"
    var testDescription: String { "\(profile).\(compatibility) in \(entry)" }
  }

  @Test(
    "RFC 8216bis §4.4.6.2: SUPPLEMENTAL-CODECS has a format and a brand of a compatible base",
    arguments: [
      Row(
        profile: 8, level: 7, compatibility: 4, entry: "hvc1", transfer: 18,
        supplement: "dvh1.08.07/db4h"),
      Row(
        profile: 8, level: 7, compatibility: 4, entry: "hvc1", transfer: 14,
        supplement: "dvh1.08.07/db4g"),
      Row(
        profile: 8, level: 9, compatibility: 1, entry: "hvc1", transfer: 16,
        supplement: "dvh1.08.09/db1p"),
      Row(profile: 8, level: 3, compatibility: 2, entry: "hev1", supplement: "dvhe.08.03/db2g"),
      Row(profile: 9, level: 5, compatibility: 2, entry: "avc1", supplement: "dva1.09.05/db2g"),
      Row(profile: 10, level: 33, compatibility: 1, entry: "av01", supplement: "dav1.10.33/db1p"),
      Row(
        profile: 10, level: 6, compatibility: 0, entry: "av01", supplement: nil,
        codecs: "dav1.10.06"),
      Row(
        profile: 5, level: 6, compatibility: 0, entry: "hvc1", supplement: nil,
        codecs: "dvh1.05.06", box: "dvcC"),
      // No brand is defined, or the profile is not one of the codec.
      Row(profile: 8, level: 6, compatibility: 0, entry: "hvc1", supplement: nil),
      Row(profile: 8, level: 6, compatibility: 1, entry: "av01", supplement: nil),
      Row(profile: 7, level: 6, compatibility: 6, entry: "hvc1", supplement: nil, box: "dvcC"),
      Row(profile: 20, level: 6, compatibility: 4, entry: "hvc1", supplement: nil, box: "dvwC"),
    ])
  func signalling(row: Row) throws {
    let found = try #require(
      DolbyVision(record: record(row.profile, row.level, row.compatibility)))
    let supplement = found.supplement(to: row.entry, transfer: row.transfer)
    #expect(supplement.map { "\($0.codecs)/\($0.brand)" } == row.supplement)
    #expect(found.codecs(for: row.entry) == row.codecs)
    #expect(found.boxType == row.box)
    #expect(
      (found.profile, found.level, found.compatibility)
        == (Int(row.profile), Int(row.level), Int(row.compatibility)))
  }

  @Test(
    "an enhancement layer, or no metadata, is no supplement", arguments: [1, 3, 4, 7] as [UInt8])
  func layers(flags: UInt8) throws {
    let found = try #require(DolbyVision(record: record(8, 7, 4, flags: flags)))
    #expect(found.supplement(to: "hvc1", transfer: 18) == nil)
  }

  @Test("a record has 24 bytes and a version")
  func size() {
    let whole = record(8, 7, 4)
    #expect(DolbyVision(record: whole)?.record == whole)
    #expect(DolbyVision(record: whole.dropLast()) == nil)
    #expect(DolbyVision(record: whole + [0]) == nil)
    #expect(DolbyVision(record: [0] + whole.dropFirst()) == nil)
  }

  @Test("a record that the process of an input sends is whole, or is refused")
  func decoding() throws {
    let whole = try #require(DolbyVision(record: record(8, 7, 4)))
    let sent = try JSONEncoder().encode([whole])
    #expect(try JSONDecoder().decode([DolbyVision].self, from: sent) == [whole])
    let digits = whole.codedText
    for text in ["[\"\"]", "[\"0100\"]", "[\"\(digits)00\"]", "[\"\(digits.dropLast())g\"]", "[1]"]
    {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode([DolbyVision].self, from: Data(text.utf8))
      }
    }
  }
}
