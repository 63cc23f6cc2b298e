// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Sections 6.5 to 6.23 of the Autobahn test suite: texts of valid and invalid UTF-8, after "UTF-8
/// decoder capability and stress test" by Markus Kuhn.
extension WebSocketCase {
  private struct Text {
    let bytes: [UInt8]
    /// Whether the bytes are UTF-8.
    let isValid: Bool
  }

  /// In the order of the suite, from 6.5 on.
  private static let lists: [[Text]] = [
    valid([
      Array("hello$world".utf8), Array("hello¢world".utf8), Array("hello€world".utf8),
      Array("hello𤭢world".utf8), greek,
    ]),
    prefixes(of: greek),
    valid([[0], [0xC2, 0x80], [0xE0, 0xA0, 0x80], [0xF0, 0x90, 0x80, 0x80]]),
    invalid([[0xF8, 0x88, 0x80, 0x80, 0x80], [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]]),
    valid([[0x7F], [0xDF, 0xBF], [0xEF, 0xBF, 0xBF], [0xF4, 0x8F, 0xBF, 0xBF]]),
    invalid([
      [0xF7, 0xBF, 0xBF, 0xBF], [0xFB, 0xBF, 0xBF, 0xBF, 0xBF],
      [0xFD, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF],
    ]),
    boundaries,
    invalid(continuations),
    invalid(lonely),
    invalid(cut),
    invalid([cut.flatMap { $0 }]),
    invalid([[0xFE], [0xFF], [0xFE, 0xFE, 0xFF, 0xFF]]),
    invalid([
      [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xF8, 0x80, 0x80, 0x80, 0xAF],
      [0xFC, 0x80, 0x80, 0x80, 0x80, 0xAF],
    ]),
    invalid([
      [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF8, 0x87, 0xBF, 0xBF, 0xBF],
      [0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF],
    ]),
    invalid([
      [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF8, 0x80, 0x80, 0x80, 0x80],
      [0xFC, 0x80, 0x80, 0x80, 0x80, 0x80],
    ]),
    invalid(surrogates),
    invalid(surrogatePairs),
    valid([[0xEF, 0xBF, 0xBE], [0xEF, 0xBF, 0xBF]]) + valid(noncharacters),
    valid(specials),
  ]

  static let sequences: [WebSocketCase] = {
    var found: [WebSocketCase] = []
    for (list, texts) in lists.enumerated() {
      for (index, text) in texts.enumerated() {
        let events: [WebSocketEvent] =
          text.isValid ? [.text(String(decoding: text.bytes, as: UTF8.self))] : []
        found.append(
          WebSocketCase(
            number: "6.\(list + 5).\(index + 1)", frames: [clientFrame(0x81, text.bytes)],
            events: events, code: text.isValid ? nil : 1007))
      }
    }
    return found
  }()

  private static func valid(_ texts: [[UInt8]]) -> [Text] {
    texts.map { Text(bytes: $0, isValid: true) }
  }

  private static func invalid(_ texts: [[UInt8]]) -> [Text] {
    texts.map { Text(bytes: $0, isValid: false) }
  }

  /// All beginnings; those that end inside of a character are invalid.
  private static func prefixes(of text: [UInt8]) -> [Text] {
    let ends: Set = [2, 5, 7, 9, 11]  // of κ, ό, σ, μ and ε
    return (1...text.count).map { Text(bytes: Array(text[..<$0]), isValid: ends.contains($0)) }
  }

  /// Sequences without their last byte.
  private static let cut: [[UInt8]] = [
    [0xC0], [0xE0, 0x80], [0xF0, 0x80, 0x80], [0xF8, 0x80, 0x80, 0x80],
    [0xFC, 0x80, 0x80, 0x80, 0x80], [0xDF], [0xEF, 0xBF], [0xF7, 0xBF, 0xBF],
    [0xFB, 0xBF, 0xBF, 0xBF], [0xFD, 0xBF, 0xBF, 0xBF, 0xBF],
  ]

  private static let boundaries: [Text] =
    valid([
      [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBD], [0xF4, 0x8F, 0xBF, 0xBF],
    ])
    + invalid([[0xF4, 0x90, 0x80, 0x80]])

  private static let continuations: [[UInt8]] = {
    var found: [[UInt8]] = [[0x80], [0xBF]]
    for count in 2...6 { found.append((0..<count).map { $0 % 2 == 0 ? 0x80 : 0xBF }) }
    found.append(Array(0x80..<0xBF))
    return found
  }()

  /// First bytes, each followed by a space.
  private static let lonely: [[UInt8]] = {
    let ranges: [Range<UInt8>] = [
      0xC0..<0xDF, 0xE0..<0xEF, 0xF0..<0xF7, 0xF8..<0xFB, 0xFC..<0xFD,
    ]
    return ranges.map { $0.flatMap { [$0, 0x20] } }
  }()

  private static let surrogatePairs: [[UInt8]] = {
    let high: [[UInt8]] = [[0xA0, 0x80], [0xAD, 0xBF], [0xAE, 0x80], [0xAF, 0xBF]]
    let low: [[UInt8]] = [[0xB0, 0x80], [0xBF, 0xBF]]
    return high.flatMap { first in low.map { [0xED] + first + [0xED] + $0 } }
  }()

  /// U+FFF9 to U+FFFF.
  private static let specials: [[UInt8]] = (0xB9...0xBF).map { [0xEF, 0xBF, $0] }

  private static let surrogates: [[UInt8]] = [
    [0xED, 0xA0, 0x80], [0xED, 0xAD, 0xBF], [0xED, 0xAE, 0x80], [0xED, 0xAF, 0xBF],
    [0xED, 0xB0, 0x80], [0xED, 0xBE, 0x80], [0xED, 0xBF, 0xBF],
  ]

  /// U+1FFFE, U+1FFFF to U+10FFFE, U+10FFFF: valid, although no characters.
  private static let noncharacters: [[UInt8]] = {
    var found: [[UInt8]] = []
    for plane in UInt32(1)...16 {
      for low in [UInt32(0xFFFE), 0xFFFF] {
        guard let scalar = Unicode.Scalar(plane << 16 | low) else { continue }
        found.append(Array(String(Character(scalar)).utf8))
      }
    }
    return found
  }()
}
