// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import TestSupport
import Testing

@Suite("The moov of a track, ISO/IEC 14496-12 §8")
struct MovieHeaderTests {
  private static let pq = ColourDescription(
    primaries: 9, transfer: 16, matrix: 9, isFullRange: false)

  @Test("language and colours are read; video without colr has no colours")
  func properties() throws {
    let video = try MovieHeader(header: HeaderBytes.video(Self.pq))
    #expect(video.entry.colour == Self.pq && video.entry.colour?.range == .pq)
    #expect(video.language == MovieHeader.undetermined)
    #expect(Language.undetermined.packed == MovieHeader.undetermined)
    #expect(try MovieHeader(header: HeaderBytes.video(nil)).entry.colour == nil)
    let audio = try MovieHeader(header: HeaderBytes.audio(Language("de")))
    #expect(Language(packed: audio.language).tag == "de")
    #expect(audio.entry.setup == [0x11, 0x90])
    #expect(try audio.entry.codecs() == "mp4a.40.2")
  }

  @Test("the colours of VP9 are those of vpcC, unless colr states others")
  func colours() throws {
    func entry(_ codes: [UInt8], _ colr: [UInt8] = []) throws -> SampleEntry {
      let setup = HeaderBytes.box("vpcC", [1, 0, 0, 0, 2, 11, 0xA3] + codes + [0, 0])
      let bytes = HeaderBytes.header(
        HeaderBytes.box("vp09", [UInt8](repeating: 0, count: 78) + setup + colr))
      return try MovieHeader(header: bytes).entry
    }
    let full = ColourDescription(primaries: 9, transfer: 16, matrix: 9, isFullRange: true)
    #expect(try entry([9, 16, 9]).colour == full)
    #expect(try entry([2, 2, 2]).colour == nil)
    #expect(try entry([]).colour == nil)
    let colr = HeaderBytes.box("colr", Array("nclx".utf8) + [0, 9, 0, 18, 0, 9, 0])
    #expect(try entry([9, 16, 9], colr).colour?.range == .hlg)
  }

  private static func kind(_ scheme: String, _ value: String) -> [UInt8] {
    HeaderBytes.box("kind", [0, 0, 0, 0] + Array(scheme.utf8) + [0] + Array(value.utf8) + [0])
  }

  @Test("the extended language, the name and the roles of a track are read")
  func userData() throws {
    let role = "urn:mpeg:dash:role:2011"
    let data =
      Self.kind(role, "alternate") + HeaderBytes.box("name", Array("Kommentar".utf8))
      + Self.kind(role, "description") + [0, 0, 0, 0]
    let header = HeaderBytes.audio(Language("de"), extended: "de-CH", userData: data)
    let movie = try MovieHeader(header: header)
    #expect(movie.extendedLanguage == "de-CH" && movie.userData.name == "Kommentar")
    #expect(movie.userData.kinds.map(\.value) == ["alternate", "description"])
    #expect(movie.userData.kinds.allSatisfy { $0.scheme == role })
    let plain = try MovieHeader(header: HeaderBytes.audio(Language("de")))
    #expect(plain.extendedLanguage == nil && plain.userData.name == nil)
    #expect(plain.userData.kinds.isEmpty)
  }

  private static func label(
    _ language: String, _ text: String, flags: UInt8 = 0, version: UInt8 = 0
  ) -> [UInt8] {
    let words = Array(language.utf8) + [0] + Array(text.utf8) + [0]
    return HeaderBytes.box("labl", [version, 0, 0, flags, 0, 7] + words)
  }

  @Test("labels of the track are read, the first or that of a language, §8.10.5")
  func labels() throws {
    let data =
      Self.label("en", "All languages", flags: 1) + Self.label("en-GB", "Commentary")
      + HeaderBytes.box("name", Array("A".utf8)) + Self.label("gsw", "Mundart")
    let found = try MovieHeader(header: HeaderBytes.audio(Language("de"), userData: data)).userData
    #expect(found.labels.map(\.text) == ["Commentary", "Mundart"] && !found.hasMalformedLabel)
    #expect(found.label(in: Language("gsw")) == "Mundart")
    #expect(found.label(in: Language("eng")) == "Commentary")
    #expect(found.label(in: Language("fr")) == "Commentary")
    let plain = try MovieHeader(header: HeaderBytes.audio(Language("de"))).userData
    #expect(plain.label(in: .undetermined) == nil && plain.labels.isEmpty)
    let many = (0..<40).flatMap { Self.label("de", "\($0)") }
    let limited = try MovieHeader(header: HeaderBytes.audio(Language("de"), userData: many))
    #expect(limited.userData.labels.count == 32)
  }

  @Test("a malformed label is left out and noted; others are read")
  func malformedLabels() throws {
    let whole = Self.label("de", "A")
    let cut = (8..<whole.count).map { HeaderBytes.box("labl", Array(whole[8..<$0])) }
    let rows =
      cut + [
        Self.label("de", ""), Self.label("de", "B", version: 1),
        HeaderBytes.box("labl", [0, 0, 0, 0, 0, 1, 0x64, 0x65, 0, 0xFF, 0]),
      ]
    for (row, data) in rows.enumerated() {
      let bytes = HeaderBytes.audio(Language("de"), userData: data + Self.label("en", "C"))
      let found = try MovieHeader(header: bytes).userData
      #expect(found.hasMalformedLabel, "row \(row)")
      #expect(found.labels.map(\.text) == ["C"], "row \(row)")
    }
  }

  @Test("malformed user data is left out, and the number of roles is limited")
  func malformedUserData() throws {
    let good = HeaderBytes.box("name", Array("A".utf8))
    let rows: [[UInt8]] = [
      good + [0, 0, 0, 9, 1], good + HeaderBytes.box("kind", [0, 0]),
      good + HeaderBytes.box("kind", [0, 0, 0, 0, 65]), good + [255, 255, 255, 255],
      (0..<20).flatMap { _ in Self.kind("a", "b") } + good,
    ]
    for (row, data) in rows.enumerated() {
      let movie = try MovieHeader(header: HeaderBytes.audio(Language("de"), userData: data))
      #expect(movie.userData.name == "A", "row \(row)")
      #expect(movie.userData.kinds.count == (row == 4 ? 8 : 0))
    }
  }

  @Test("the decoder configuration is that of video")
  func decoderConfiguration() {
    #expect(MovieHeader.decoderConfiguration(in: HeaderBytes.video(Self.pq)) == [1])
    #expect(MovieHeader.decoderConfiguration(in: HeaderBytes.audio(Language("de"))) == nil)
    #expect(MovieHeader.decoderConfiguration(in: Array("header".utf8)) == nil)
  }

  @Test("a header that is cut off within moov is refused")
  func cut() {
    let header = HeaderBytes.video(Self.pq)
    for count in header.indices {
      #expect(throws: BoxError.self, "\(count) bytes") {
        try MovieHeader(header: Array(header.prefix(count)))
      }
    }
  }

  @Test("any damaged byte is harmless")
  func damaged() {
    let header = HeaderBytes.video(Self.pq)
    for index in header.indices {
      for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
        var damaged = header
        damaged[index] = value
        _ = try? MovieHeader(header: damaged)
      }
    }
  }
}
