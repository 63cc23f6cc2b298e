// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Media
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("Texts of inputs")
struct InputTextTests {
  private static let start = SourceTime(nanoseconds: 5_000_000_000)

  @Test(
    "styles are removed from the events of libavcodec",
    arguments: [
      ("0,0,Default,,0,0,0,,Hello", "Hello"), ("0,0,Default,,0,0,0,,a, b,\\Nc", "a, b,\nc"),
      ("1,0,Default,,0,0,0,,{\\an8}{\\i1}x{\\i0} y\\hz", "x y\u{A0}z"),
      ("0,0,D,,0,0,0,,\\{no style\\}", "{no style}"), ("0,0,D,,0,0,0,,a\\b", "a\\b"),
      ("0,0,D,,0,0,0,,{open", ""), ("0,0,D,,0,0,0,,", ""), ("Hello", ""), ("", ""),
    ])
  func styles(event: String, text: String) { #expect(StyledText.plain(event) == text) }

  @Test("colours of events become marks; white and black are the usual one")
  func colours() {
    func marked(_ text: String) -> String { StyledText.marked("0,0,D,,0,0,0,," + text) }
    #expect(marked("{\\c&H00FFFF&}a{\\an8}b{\\c&HFFFFFF&}c") == "\u{3}ab\u{7}c")
    #expect(marked("{\\c&HF01000&}a\\N{\\3c&H0000FF&}b") == "\u{4}a\nb")
    #expect(marked("{\\c&H000000&}a{\\c&Hx&}b{\\c&H") == "\u{7}ab")
  }

  /// A page whose rows from the second one on are these.
  private func layout(_ rows: [Int: String]) -> String {
    (1..<25).map { (rows[$0] ?? "").padding(41) }.joined(separator: "\n")
  }

  @Test("texts of teletext are at their rows and sides, in their colours")
  func teletext() {
    let rows = [
      2: String(repeating: " ", count: 4) + "NEWS",
      20: String(repeating: " ", count: 11) + "Good evening, all",
      22: String(repeating: " ", count: 16) + "Welcome.",
    ]
    // libavcodec may leave out empty rows and the space around lines.
    let lines = "\u{1}NEWS\u{7}\n \n \u{3}Good evening,\u{6}  all\nWelcome.\n"
    let page = TeletextPage(layout: layout(rows), coloured: lines)
    #expect(
      page.blocks == [
        TeletextPage.Block(
          text: "\u{1}NEWS", place: MetadataPacket.TextPlace(line: 16, side: .left)),
        TeletextPage.Block(
          text: "\u{3}Good evening, \u{6}all\n\u{6}Welcome.",
          place: MetadataPacket.TextPlace(line: 74, side: .middle)),
      ])
    // Other characters have no colours, and more places than four are none.
    let plain = TeletextPage(layout: layout(rows), coloured: "\u{1}NEWS\n\u{1}Good\n\u{1}Other")
    #expect(plain.blocks.map(\.text) == ["\u{1}NEWS", "Good evening, all\nWelcome."])
    #expect(TeletextPage(layout: layout(rows), coloured: "\u{1}x").blocks[0].text == "NEWS")
    let many = Dictionary(uniqueKeysWithValues: (1...5).map { (4 * $0, "line \($0)") })
    #expect(
      TeletextPage(layout: layout(many), coloured: "").blocks == [
        TeletextPage.Block(text: "line 1\nline 2\nline 3\nline 4\nline 5", place: nil)
      ])
    #expect(TeletextPage(layout: layout([:]), coloured: "").blocks.isEmpty)
    #expect(TeletextPage(layout: "", coloured: "").blocks.isEmpty)
  }

  @Test(
    "the side of lines is that of equal columns",
    arguments: [
      ([30...36], MetadataPacket.TextPlace.Side.right), ([3...9], .left), ([3...9, 3...30], .left),
      ([5...33, 20...33], .right), ([10...29, 15...23], .middle), ([0...3, 9...15], .middle),
    ] as [([ClosedRange<Int>], MetadataPacket.TextPlace.Side)])
  func sides(columns: [ClosedRange<Int>], side: MetadataPacket.TextPlace.Side) {
    let rows = columns.enumerated().map { index, range in
      let words = String(repeating: "x", count: range.count)
      return (24 - index, String(repeating: " ", count: range.lowerBound) + words)
    }
    let page = TeletextPage(
      layout: layout(Dictionary(uniqueKeysWithValues: rows)), coloured: "")
    #expect(page.blocks.map(\.place?.side) == [side])
  }

  @Test("pages of a descriptor are those of subtitles, one of each language")
  func pages() {
    let descriptor: [UInt8] = [
      2 << 3, 0x88, 1 << 3 | 1, 0x00, 5 << 3, 0x89, 5 << 3 | 7, 0x77, 2 << 3 | 1, 0x5A, 2 << 3,
    ]
    #expect(
      LibraryText.pages(descriptor, "ger,ger,ger,eng,fra") == [
        LibraryText.Page(number: 888, language: Language("deu")),
        LibraryText.Page(number: 777, language: Language("eng")),
      ])
    #expect(LibraryText.pages([], "ger").isEmpty && LibraryText.pages([16], "").isEmpty)
    #expect(
      LibraryText.pages([16, 0x88], "") == [
        LibraryText.Page(number: 888, language: .undetermined)
      ])
  }

  @Test("a text without an end is cues of one second, then of half a second")
  func held() {
    typealias Held = HeldText<String>
    var held = Held()
    func piece(_ milliseconds: Int64, _ duration: Int64, _ text: String = "a") -> Held.Piece {
      Held.Piece(
        text: text, start: Self.start + .milliseconds(milliseconds),
        duration: .milliseconds(duration))
    }
    func advance(_ milliseconds: Int64) -> Held.Piece? {
      held.advance(to: Self.start + .milliseconds(milliseconds))
    }
    #expect(advance(0) == nil)
    #expect(held.show("a", at: Self.start) == piece(0, 1000))
    #expect(advance(499) == nil && advance(500) == piece(1000, 500))
    #expect(held.show("a", at: Self.start + .milliseconds(700)) == nil, "a repetition")
    #expect(advance(999) == nil && advance(1000) == piece(1500, 500))
    #expect(held.show("b", at: Self.start + .milliseconds(1300)) == piece(1300, 1000, "b"))
    #expect(held.show(nil, at: Self.start + .milliseconds(1400)) == nil && advance(3000) == nil)
    // It ends after 20 s, and if the source has paused.
    #expect(held.show("a", at: Self.start) != nil)
    let count = (1...1000).count { advance($0 * 33) != nil }
    #expect(count == 38)
    #expect(held.show("a", at: Self.start) != nil && advance(9000) == nil && advance(600) == nil)
  }

  @Test("WebVTT and timed text of MP4 are decoded; damaged packets are none")
  func decoding() throws {
    let webvtt = try SubtitleDecoder(AV_CODEC_ID_WEBVTT, extradata: [])
    let words = Array("Hi <b>you</b>\nthere".utf8)
    #expect(webvtt.decode(words, milliseconds: 900) == ["Hi you\nthere"])
    let timed = try SubtitleDecoder(AV_CODEC_ID_MOV_TEXT, extradata: [])
    #expect(timed.decode([0, 5] + Array("Hello".utf8), milliseconds: 900) == ["Hello"])
    #expect(timed.decode([0, 0], milliseconds: 900) ?? [] == [])
    var numbers = SplitMix64(seed: 26)
    let teletext = try TeletextDecoder(page: 888)
    for _ in 0..<3000 {
      let size = [139, 1, 5, 323, 40].randomElement(using: &numbers) ?? 1
      var bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &numbers) }
      _ = webvtt.decode(bytes, milliseconds: 10)
      _ = timed.decode(bytes, milliseconds: 10)
      bytes[0] = 0x10
      if size > 46 { (bytes[1], bytes[2]) = (3, 0x2C) }
      _ = teletext.decode(bytes)
    }
  }
}

extension String {
  /// The text with spaces up to a length.
  fileprivate func padding(_ length: Int) -> String {
    self + String(repeating: " ", count: max(0, length - count))
  }
}
