// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@testable import Capture

@Suite("The overlay text")
struct OverlayTests {
  static let texts: [(template: String, text: String)] = [
    ("Studio 1", "Studio 1"),
    ("{name}", "cam-1"),
    ("{utc}", "2023-11-14T22:13:20.007Z"),
    ("{resolution}", "320x180"),
    ("{name} {utc} {resolution}", "cam-1 2023-11-14T22:13:20.007Z 320x180"),
    ("a{name}{name}b", "acam-1cam-1b"),
  ]

  @Test("placeholders in braces are replaced for each frame", arguments: texts)
  func text(row: (template: String, text: String)) throws {
    let painter = try OverlayPainter(
      try #require(Overlay(row.template)), name: "cam-1", size: try size("320x180"))
    #expect(painter.text(1_700_000_000_007) == row.text)
  }

  @Test(
    "an empty text, an unknown placeholder and a brace without its partner are refused",
    arguments: ["", "{", "}", "{}", "{time}", "{name", "name}", "{{name}}", "{NAME}"])
  func refused(_ template: String) { #expect(Overlay(template) == nil) }

  @Test("a character without a glyph is drawn as one box; a space remains a space")
  func boxes() {
    let text = "Ä b\u{65}\u{301}€👩‍👩‍👧~"
    let letters = OverlayPainter.letters(text)
    #expect(letters.count == text.count)
    #expect(letters == [Glyphs.box, 32, 98] + Array(repeating: Glyphs.box, count: 4))
    #expect(Glyphs.rows(Glyphs.box) == [0, 31, 17, 17, 17, 31, 0])
  }

  @Test(
    "the overlay is painted in the rendition's size, white, above the controls of players",
    arguments: sizes + ["64x64", "1920x1080"])
  func area(_ text: String) throws {
    let size = try size(text)
    let source = try TestPattern(size: try self.size("640x360"))
      .draw(frame: 1, milliseconds: 1_700_000_000_007)
    let painter = try OverlayPainter(try #require(Overlay("{name}")), name: "AB", size: size)
    let painted = try painter.paint(source, milliseconds: 0)
    #expect(painted.size == size)
    #expect(painted.burnedMilliseconds == source.burnedMilliseconds)
    let plain = try Scaler(to: size)
    let before = try unsafe plain.scale(source.avFrame, fullRange: false, matrix: .bt709)
    let (new, old) = (Canvas(painted), Canvas(before))
    var changed: [Int] = []
    var white = 0
    for y in 0..<size.height {
      for x in 0..<size.width where new.colour(x: x, y: y) != old.colour(x: x, y: y) {
        changed.append(y)
        if new.colour(x: x, y: y) == .white { white += 1 }
      }
    }
    #expect(white > 10)
    #expect(try #require(changed.max()) < size.height * 5 / 6 + 2)
    #expect(try #require(changed.min()) > size.height / 2)
  }

  private func size(_ text: String) throws -> VideoSize { try #require(VideoSize(text)) }
}
