// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Sharing
import TestSupport
import Testing

/// A frame rate with the requested durations, for rules that hold at all rates.
struct WindowCase: Sendable, CustomTestStringConvertible {
  let rate: String
  var segment: Int64 = 1_000_000
  var part: Int64 = 100_000
  var testDescription: String { "\(rate), \(segment) µs, \(part) µs" }

  static let all: [WindowCase] = [
    WindowCase(rate: "30"), WindowCase(rate: "25"), WindowCase(rate: "30000/1001"),
    WindowCase(rate: "24000/1001"), WindowCase(rate: "60000/1001"), WindowCase(rate: "12.5"),
    WindowCase(rate: "30", segment: 500_000),
    WindowCase(rate: "30", segment: 2_000_000, part: 200_000),
    WindowCase(rate: "30", part: 33_333), WindowCase(rate: "30", part: 1_000_000),
    WindowCase(rate: "10", segment: 100_000),
  ]

  func stream(
    playlistLength: Int = 6, retained: Int = 9, after earlier: WindowEnd? = nil
  ) throws -> SyntheticStream {
    SyntheticStream(
      try #require(FrameRate(rate)), segment: segment, part: part, playlistLength: playlistLength,
      retained: retained, after: earlier)
  }
}

extension Part {
  var text: String { chunks.map { String(decoding: $0.bytes.array, as: UTF8.self) }.joined() }
}

extension Segment {
  var text: String { chunks.map { String(decoding: $0.bytes.array, as: UTF8.self) }.joined() }
}
