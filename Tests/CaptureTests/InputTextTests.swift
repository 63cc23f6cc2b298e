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
    var held = HeldText()
    func piece(_ milliseconds: Int64, _ duration: Int64, _ text: String = "a") -> HeldText.Piece {
      HeldText.Piece(
        text: text, start: Self.start + .milliseconds(milliseconds),
        duration: .milliseconds(duration))
    }
    func advance(_ milliseconds: Int64) -> HeldText.Piece? {
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
    let webvtt = try SubtitleDecoder(AV_CODEC_ID_WEBVTT, extradata: [], page: nil)
    let words = Array("Hi <b>you</b>\nthere".utf8)
    #expect(webvtt.decode(words, milliseconds: 900) == ["Hi you\nthere"])
    let timed = try SubtitleDecoder(AV_CODEC_ID_MOV_TEXT, extradata: [], page: nil)
    #expect(timed.decode([0, 5] + Array("Hello".utf8), milliseconds: 900) == ["Hello"])
    #expect(timed.decode([0, 0], milliseconds: 900) ?? [] == [])
    var numbers = SplitMix64(seed: 26)
    let teletext = try SubtitleDecoder(AV_CODEC_ID_DVB_TELETEXT, extradata: [], page: 888)
    for _ in 0..<3000 {
      let size = [139, 1, 5, 323, 40].randomElement(using: &numbers) ?? 1
      var bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &numbers) }
      _ = webvtt.decode(bytes, milliseconds: 10)
      _ = timed.decode(bytes, milliseconds: 10)
      bytes[0] = 0x10
      if size > 46 { (bytes[1], bytes[2]) = (3, 0x2C) }
      _ = teletext.decode(bytes, milliseconds: 0)
    }
  }
}
