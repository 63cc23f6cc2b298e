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
    for y in 0..<size.height where !new.hasSameRow(y, as: old) {
      for x in 0..<size.width where new.colour(x: x, y: y) != old.colour(x: x, y: y) {
        changed.append(y)
        if new.colour(x: x, y: y) == .white { white += 1 }
      }
    }
    #expect(white > 10)
    #expect(try #require(changed.max()) < size.height * 5 / 6 + 2)
    #expect(try #require(changed.min()) > size.height / 2)
  }

  @Test("a line in a font has letters of any script that the font has, and fits the frame")
  func font() throws {
    let path = try #require(OverlayFont.installed, "install fonts-dejavu-core")
    let size = try size("640x360")
    let source = try black(size)
    func lines(_ text: String) throws -> [[Colour]] {
      let painter = try OverlayPainter(
        try #require(Overlay(text)), name: "x", size: size, font: OverlayFont(path: path))
      let canvas = Canvas(try painter.paint(source, milliseconds: 0))
      return (0..<size.height).map { y in (0..<size.width).map { canvas.colour(x: $0, y: y) } }
    }
    let pictures = try ["Größe", "Grosse", "Привет", "\u{10FFFD}\u{10FFFD}"].map(lines)
    #expect(Set(pictures).count == 4)
    let grey = pictures[0].joined().count { (32...200).contains($0.y) }
    let white = pictures[0].joined().count { $0.y > 220 }
    #expect(grey > 20 && white > 20, "edges of letters are smooth")
    let long = try lines(String(repeating: "Wide ", count: 40))
    #expect(long.allSatisfy { $0[(size.width - size.width / 50)...].allSatisfy { $0.y == 16 } })
    #expect(long.joined().contains { $0.y > 100 })
  }

  @Test("a line that changes does not move: letters never grow, the box never shrinks")
  func steady() throws {
    let path = try #require(OverlayFont.installed, "install fonts-dejavu-core")
    let font = try OverlayFont(path: path)
    let size = try size("320x180")
    let line = FontLine(font, capitals: 40, size: size)
    let canvas = Canvas(try black(size))
    line.paint("a long line of words", above: 150, on: canvas)
    let small = font.size
    #expect((6..<40).contains(small))
    line.paint("a", above: 150, on: canvas)
    #expect(font.size == small)
  }

  @Test("a file that is not a font is refused with the reason")
  func badFont() {
    #expect(throws: FontError.self) { _ = try OverlayFont(path: "/etc/hostname") }
    #expect(throws: FontError.self) { _ = try OverlayFont(path: "/nowhere/font.ttf") }
  }

  private func black(_ size: VideoSize) throws -> VideoFrame {
    try VideoFramePool(size: size).frame { $0.fill($0.area, .black) }
  }

  private func size(_ text: String) throws -> VideoSize { try #require(VideoSize(text)) }
}
