// SPDX-License-Identifier: Apache-2.0

import Capture
import Testing

@Suite("Packets of RTP that arrive twice, RFC 3550 §5.1")
struct RTPRepeatsTests {
  private func packet(_ number: Int, _ source: UInt8 = 1) -> [UInt8] {
    [0x80, 96, UInt8(number >> 8 & 255), UInt8(number & 255), 0, 0, 0, 0, 0, 0, 0, source, 9]
  }

  @Test("a number that has arrived is a repetition, one that was overtaken is none")
  func repeats() {
    // Numbers in their order of arrival, and the repetitions among them, by index.
    let rows: [(numbers: [Int], repeated: Set<Int>)] = [
      ([1, 2, 2, 3, 3, 3, 4], [2, 4, 5]),
      ([1, 3, 2, 4, 2, 3], [4, 5]),
      ([65_534, 65_535, 0, 65_535, 1, 0], [3, 5]),
      ([10, 140, 141, 10], []),
      ([10, 137, 10], [2]),
      ([10, 200, 200, 10], [2]),
      ([500, 40_000, 40_000, 500], [2]),
    ]
    for row in rows {
      var tested = RTPRepeats()
      for (index, number) in row.numbers.enumerated() {
        let isRepeated = tested.isRepeated(packet(number))
        #expect(isRepeated == row.repeated.contains(index), "\(row) \(index)")
      }
    }
  }

  @Test("another source begins again, and bytes that are no packet are passed")
  func others() {
    var tested = RTPRepeats()
    let found = [packet(7), packet(7, 2), packet(7, 2)].map { tested.isRepeated($0) }
    #expect(found == [false, false, true])
    for bytes: [UInt8] in [[], [0x80, 96, 0, 7], Array(repeating: 0, count: 12)] {
      let isRepeated = [bytes, bytes].map { tested.isRepeated($0) }
      #expect(isRepeated == [false, false])
    }
  }
}
