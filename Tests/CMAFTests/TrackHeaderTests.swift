// SPDX-License-Identifier: Apache-2.0

import CMAF
import Testing

/// Builds the bytes of boxes, independently of the writer.
private enum Build {
  static func word(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  static func box(_ type: String, _ content: [UInt8]...) -> [UInt8] {
    let content = content.flatMap { $0 }
    return word(8 + content.count) + Array(type.utf8) + content
  }

  static func full(_ type: String, version: UInt8 = 0, _ content: [UInt8]...) -> [UInt8] {
    box(type, [version, 0, 0, 0], content.flatMap { $0 })
  }

  static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  static let avcC = box(
    "avcC", [1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 1, 2, 3, 1, 0, 2, 0x68, 1])
  static let avc1 = box("avc1", zeros(78), avcC)
  static func video(_ type: String, _ setup: String, _ content: [UInt8]) -> [UInt8] {
    box(type, zeros(78), box(setup, content))
  }
  static let track = full("tkhd", word(0), word(0), word(1), zeros(64))
  static let media = full("mdhd", word(0), word(0), word(90_000), zeros(8))
  static let defaults = full("trex", word(1), word(1), zeros(12))

  static func descriptor(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    [tag, 0x80, 0x80, 0x80, UInt8(content.count)] + content
  }

  static func mp4a(objectType: UInt8 = 0x40, configuration: [UInt8] = [0x11, 0x90]) -> [UInt8] {
    let decoder = descriptor(4, [objectType] + zeros(12) + descriptor(5, configuration))
    return box("mp4a", zeros(28), full("esds", descriptor(3, [0, 1, 0] + decoder)))
  }

  /// `ftyp` and `moov`; each of their boxes can be replaced.
  static func header(
    start: [UInt8] = box("ftyp", Array("cmfc".utf8), word(0)), track: [UInt8] = track,
    edits: [UInt8] = [], media: [UInt8] = media, description: [UInt8]? = nil,
    entry: [UInt8] = avc1, defaults: [UInt8] = defaults, more: [UInt8] = [], end: [UInt8] = []
  ) -> [UInt8] {
    let table = box("stbl", description ?? full("stsd", word(1), entry))
    let trak = box("trak", track, edits, box("mdia", media, box("minf", table)))
    return start + box("moov", trak, more, box("mvex", defaults)) + end
  }
}

/// A header, and the expected values or error.
private struct HeaderRow: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let header: (track: Int, timescale: Int, codecs: String)?
  let error: BoxError?

  init(_ text: String, _ bytes: [UInt8], _ track: Int, _ timescale: Int, _ codecs: String) {
    (testDescription, self.bytes, error) = (text, bytes, nil)
    header = (track, timescale, codecs)
  }

  init(_ text: String, _ bytes: [UInt8], _ error: BoxError) {
    (testDescription, self.bytes, header, self.error) = (text, bytes, nil, error)
  }
}

private let rows: [HeaderRow] = [
  HeaderRow("H.264", Build.header(), 1, 90_000, "avc1.64001f"),
  HeaderRow(
    "H.265, ISO/IEC 14496-15 Annex E.3",
    Build.header(
      entry: Build.video("hvc1", "hvcC", [1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93])),
    1, 90_000, "hvc1.1.6.L93.90"),
  HeaderRow(
    "AV1", Build.header(entry: Build.video("av01", "av1C", [0x81, 4, 0x40, 0])), 1, 90_000,
    "av01.0.04M.10"),
  HeaderRow("AAC-LC", Build.header(entry: Build.mp4a()), 1, 90_000, "mp4a.40.2"),
  HeaderRow(
    "ISO/IEC 14496-3 §1.6.2.1: an object type after the escape",
    Build.header(entry: Build.mp4a(configuration: [0xf9, 0x46])), 1, 90_000, "mp4a.40.42"),
  HeaderRow("MP3", Build.header(entry: Build.mp4a(objectType: 0x6b)), 1, 90_000, "mp4a.6b"),
  HeaderRow(
    "ISO/IEC 14496-12 §4.2: boxes of version 1 have times of 64 bits",
    Build.header(
      track: Build.full("tkhd", version: 1, Build.zeros(16), Build.word(7), Build.zeros(64)),
      media: Build.full("mdhd", version: 1, Build.zeros(16), Build.word(48_000), Build.zeros(12)),
      defaults: Build.full("trex", Build.word(7), Build.word(1), Build.zeros(12))),
    7, 48_000, "avc1.64001f"),
  HeaderRow(
    "§4.2: a size of 64 bits, and a size up to the end",
    Build.header(
      start: Build.word(1) + Array("ftyp".utf8) + Build.word(0) + Build.word(20) + Build.word(0),
      end: Build.word(0) + Array("free".utf8) + [1, 2]), 1, 90_000, "avc1.64001f"),
  HeaderRow("no ftyp", Build.box("moov"), .missing("ftyp")),
  HeaderRow("no moov", Build.box("ftyp"), .missing("moov")),
  HeaderRow("two moov", Build.header(end: Build.box("moov")), .several("moov")),
  HeaderRow("media after the header", Build.header(end: Build.box("mdat")), .unexpected("mdat")),
  HeaderRow("two tracks", Build.header(more: Build.box("trak")), .tracks(2)),
  HeaderRow(
    "an edit list", Build.header(edits: Build.box("edts")), .unexpected("edts")),
  HeaderRow("§4.2: half a box", [0, 0, 0], .truncated("box", needed: 8, have: 3)),
  HeaderRow(
    "§4.2: a box beyond the end", Build.word(100) + Array("ftyp".utf8),
    .truncated("ftyp", needed: 100, have: 8)),
  HeaderRow(
    "§4.2: a box smaller than its head", Build.word(7) + Array("ftyp".utf8),
    .size("ftyp", 7)),
  HeaderRow(
    "a box of 4 GB", Build.word(1) + Array("ftyp".utf8) + Build.word(1) + Build.word(0),
    .truncated("ftyp", needed: 1 << 32, have: 16)),
  HeaderRow(
    "a short mdhd", Build.header(media: Build.full("mdhd", Build.word(0))),
    .truncated("mdhd", needed: 12, have: 8)),
  HeaderRow(
    "trex of another track",
    Build.header(defaults: Build.full("trex", Build.word(2), Build.word(1), Build.zeros(12))),
    .mismatch("trex.track_ID", found: "2", expected: "1")),
  HeaderRow(
    "§8.8.7: another default sample description, which chunks do not replace",
    Build.header(defaults: Build.full("trex", Build.word(1), Build.word(2), Build.zeros(12))),
    .mismatch("trex.default_sample_description_index", found: "2", expected: "1")),
  HeaderRow(
    "no sample entry", Build.header(description: Build.full("stsd", Build.word(0))),
    .missing("sample entry")),
  HeaderRow(
    "another number of sample entries",
    Build.header(description: Build.full("stsd", Build.word(2), Build.avc1)),
    .mismatch("stsd.entry_count", found: "2", expected: "1")),
  HeaderRow(
    "two sample entries",
    Build.header(description: Build.full("stsd", Build.word(1), Build.avc1, Build.avc1)),
    .several("sample entry")),
  HeaderRow(
    "another codec", Build.header(entry: Build.box("vvc1", Build.zeros(78))),
    .mismatch("sample entry", found: "vvc1", expected: "avc1, hvc1, av01, vp09 or mp4a")),
  HeaderRow(
    "no avcC", Build.header(entry: Build.box("avc1", Build.zeros(78))), .missing("avcC")),
  HeaderRow(
    "lengths of two bytes before NAL units",
    Build.header(
      entry: Build.box("avc1", Build.zeros(78), Build.box("avcC", [1, 0x64, 0, 0x1f, 0xfd, 0xe1]))),
    .mismatch("avcC.lengthSize", found: "2", expected: "4")),
  HeaderRow(
    "avcC without SPS, as before the first frame",
    Build.header(
      entry: Build.box(
        "avc1", Build.zeros(78), Build.box("avcC", [1, 0x64, 0, 0x1f, 0xff, 0xe0, 0]))),
    .missing("avcC SPS")),
  HeaderRow(
    "a short hvcC", Build.header(entry: Build.video("hvc1", "hvcC", [1, 1, 0x60])),
    .truncated("hvcC", needed: 13, have: 3)),
  HeaderRow(
    "a short av1C", Build.header(entry: Build.video("av01", "av1C", [0x81])),
    .truncated("av1C", needed: 3, have: 1)),
  HeaderRow(
    "no av1C", Build.header(entry: Build.box("av01", Build.zeros(78))),
    .truncated("av1C", needed: 3, have: 0)),
  HeaderRow(
    "an SPS beyond avcC",
    Build.header(
      entry: Build.box(
        "avc1", Build.zeros(78), Build.box("avcC", [1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 9, 0x67]))),
    .truncated("avcC", needed: 17, have: 9)),
]

@Suite("CMAF headers, ISO/IEC 23000-19 §7.3.1")
struct TrackHeaderTests {
  @Test("a header is parsed to its values, or refused with its error", arguments: rows)
  private func table(_ row: HeaderRow) {
    do throws(BoxError) {
      let header = try TrackHeader(parsing: row.bytes)
      #expect(row.error == nil)
      #expect(header.trackID == row.header?.track)
      #expect(header.timescale == row.header?.timescale)
      #expect(header.codecs == row.header?.codecs)
    } catch {
      #expect(error == row.error)
    }
  }

  @Test("a header truncated at any byte is refused")
  func cut() {
    for bytes in [Build.header(), Build.header(entry: Build.mp4a())] {
      for count in 0..<bytes.count {
        #expect(throws: BoxError.self) { try TrackHeader(parsing: Array(bytes[..<count])) }
      }
    }
  }

  @Test("a header of another track, timescale or codec is refused")
  func check() throws {
    let bytes = Build.header()
    try TrackHeader.check(bytes, trackID: 1, timescale: 90_000, codecs: "avc1.64001f")
    for (track, timescale, codecs, field) in [
      (2, 90_000, "avc1.64001f", "track_ID"), (1, 30_000, "avc1.64001f", "timescale"),
      (1, 90_000, "avc1.42c01f", "codecs"),
    ] {
      let error = #expect(throws: BoxError.self) {
        try TrackHeader.check(
          bytes, trackID: UInt32(track), timescale: timescale, codecs: codecs)
      }
      guard case .mismatch(field, _, _) = error else {
        Issue.record("\(field): \(String(describing: error))")
        continue
      }
    }
  }
}
