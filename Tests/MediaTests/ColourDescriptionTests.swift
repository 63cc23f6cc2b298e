// SPDX-License-Identifier: Apache-2.0

import Media
import Testing

@Suite("Colours by the code points of ISO/IEC 23091-2")
struct ColourDescriptionTests {
  private static func colour(
    _ primaries: UInt8, _ transfer: UInt8, _ matrix: UInt8, _ isFullRange: Bool = false
  ) -> ColourDescription {
    ColourDescription(
      primaries: primaries, transfer: transfer, matrix: matrix, isFullRange: isFullRange)
  }

  @Test("declared code points are used for those that the codec leaves open")
  func completed() {
    let pq = Self.colour(9, 16, 9)
    let rows: [(ColourDescription, ColourDescription?, ColourDescription)] = [
      (.unspecified, nil, .unspecified), (.unspecified, pq, pq),
      // VP9 has a matrix only.
      (Self.colour(2, 2, 9), pq, pq), (Self.colour(0, 0, 2), pq, pq),
      (Self.colour(1, 1, 1), pq, Self.colour(1, 1, 1)),
      (Self.colour(2, 18, 2), pq, Self.colour(9, 18, 9)),
      (Self.colour(2, 2, 0), pq, Self.colour(9, 16, 0)),
      (.unspecified, Self.colour(9, 16, 9, true), Self.colour(9, 16, 9, true)),
      (Self.colour(2, 2, 9), Self.colour(9, 16, 9, true), pq),
      (Self.colour(2, 2, 2, true), pq, Self.colour(9, 16, 9, true)),
    ]
    for (own, declared, expected) in rows { #expect(own.completed(by: declared) == expected) }
  }

  @Test("a record is read as it was written")
  func record() {
    for colour in [Self.colour(9, 18, 9, true), .unspecified] {
      #expect(ColourDescription(record: colour.record) == colour)
    }
    for record in [[], [1, 1, 1], [1, 1, 1, 2], [1, 1, 1, 0, 0]] as [[UInt8]] {
      #expect(ColourDescription(record: record) == nil)
    }
  }
}
