// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite("QR codes for a terminal")
struct QRCodeTests {
  @Test("the finder patterns are in three corners, and the timing pattern joins them")
  func patterns() throws {
    let code = try #require(QRCode("http://192.168.1.20:8080/"))
    #expect(code.width == 25, "version 2")
    for (left, top) in [(0, 0), (18, 0), (0, 18)] {
      let rows = (0..<7).map { y in
        (0..<7).map { x in code.isDark(left + x, top + y) ? "#" : "." }.joined()
      }
      #expect(
        rows == ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"])
    }
    for index in 8..<17 { #expect(code.isDark(index, 6) == (index % 2 == 0)) }
  }

  @Test("each line has two rows, with a light border, in colours of its own")
  func text() throws {
    let code = try #require(QRCode("http://192.168.1.20:8080/"))
    let lines = code.terminalText.split(separator: "\n")
    #expect(lines.count == 17)
    for line in lines {
      #expect(line.hasPrefix("\u{1B}[97;40m") && line.hasSuffix("\u{1B}[0m"))
      #expect(line.dropFirst(8).dropLast(4).count == 33)
    }
    #expect(lines[0].dropFirst(8).dropLast(4).allSatisfy { $0 == "█" })
    #expect(lines[2].dropFirst(8).hasPrefix("████ ▄▄▄▄▄ "))
  }

  @Test("a text that is too long has none")
  func long() {
    #expect(QRCode(String(repeating: "x", count: 213)) != nil)
    #expect(QRCode(String(repeating: "x", count: 214)) == nil)
    #expect(QRCode("a\0b") == nil)
  }
}
