// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@testable import Capture

@Suite("Letterboxing")
struct LetterboxTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let from: String
    let into: String
    let x: Range<Int>
    let y: Range<Int>
    var testDescription: String { "\(from) in \(into)" }
  }

  static let rows = [
    Row(from: "640x360", into: "1280x720", x: 0..<1280, y: 0..<720),
    Row(from: "640x480", into: "1280x720", x: 160..<1120, y: 0..<720),
    Row(from: "1280x720", into: "640x480", x: 0..<640, y: 60..<420),
    Row(from: "720x1280", into: "1280x720", x: 438..<842, y: 0..<720),
    Row(from: "1920x1088", into: "1280x720", x: 4..<1274, y: 0..<720),
    Row(from: "7680x64", into: "64x64", x: 0..<64, y: 30..<32),
  ]

  @Test(
    "a frame fills the size in one dimension, is centred, and begins at even coordinates",
    arguments: rows)
  func area(row: Row) throws {
    let from = try size(row.from)
    let area = try Letterbox.area(width: from.width, height: from.height, within: size(row.into))
    #expect(area == Area(x: row.x, y: row.y))
  }
}
