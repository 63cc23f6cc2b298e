// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@testable import Capture

@Suite("The readable timecode")
struct TimecodeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let milliseconds: Int64
    let text: String
    var testDescription: String { text }
  }

  static let rows = [
    Row(milliseconds: 0, text: "00:00:00.000"),
    Row(milliseconds: 1_700_000_000_007, text: "22:13:20.007"),
    Row(milliseconds: 86_399_999, text: "23:59:59.999"),
    Row(milliseconds: 86_400_000, text: "00:00:00.000"),
  ]

  @Test("the text is the UTC time of day with milliseconds", arguments: rows)
  func text(row: Row) {
    #expect(String(decoding: Timecode.text(row.milliseconds), as: UTF8.self) == row.text)
  }

  @Test(
    "the box is below the strip without touching it, and within the frame",
    arguments: sizes + ["64x64", "360x640", "1080x1920", "3840x2160", "64x7680", "7680x64"])
  func area(_ text: String) throws {
    let size = try size(text)
    let box = Timecode(width: size.width, height: size.height).box
    let strip = BurnedClock.strip(height: size.height).upperBound
    #expect(box.y.lowerBound > strip)
    #expect(9 * box.y.lowerBound >= size.height)
    #expect(box.y.upperBound <= size.height)
    #expect(box.x.lowerBound >= 0 && box.x.upperBound <= size.width)
    // The digits are seven dots high, at least 1/18 of the height.
    #expect(18 * (box.y.count - 4) >= size.height)
    #expect(box.x.lowerBound % 2 == 0 && box.y.lowerBound % 2 == 0)
  }

  @Test("digits are white on black, and the strip stays readable", arguments: sizes)
  func painted(_ text: String) throws {
    let size = try size(text)
    let timestamp: Int64 = 1_700_000_000_000 + 45_678
    let frame = try TestPattern(size: size).draw(frame: 0, milliseconds: timestamp)
    let canvas = Canvas(frame)
    let box = Timecode(width: size.width, height: size.height).box
    var (white, others) = (0, 0)
    for y in box.y {
      for x in box.x {
        let colour = canvas.colour(x: x, y: y)
        if colour == .white { white += 1 } else if colour != .black { others += 1 }
      }
    }
    #expect(others == 0)
    #expect(white > box.x.count * box.y.count / 10)
    #expect(ClockReader.read(frame) == timestamp)
  }

  @Test(
    "unusual sizes are painted within their planes",
    arguments: ["64x64", "64x7680", "7680x64", "66x130"])
  func oddShapes(_ text: String) throws {
    let size = try size(text)
    let source = try TestPattern(size: size)
    for index in 0..<200 { _ = source.draw(frame: Int64(index), milliseconds: Int64(index) * 33) }
    _ = try SlateFrame.make(size: size, text: "A RATHER LONG TEXT THAT CANNOT FIT").withClock(1)
  }
}
