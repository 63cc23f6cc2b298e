// SPDX-License-Identifier: Apache-2.0

import Checked
import Testing

@Suite("A cursor over bytes")
struct ByteCursorTests {
  @Test("numbers and ranges are read in order; a read beyond the end moves nothing")
  func reads() {
    var cursor = ByteCursor([9, 1, 2, 3, 4, 5, 9], 1..<6)
    #expect(cursor.integer(2) == 0x0102)
    #expect(cursor.integer(4) == nil && cursor.take(4) == nil && cursor.take(-1) == nil)
    #expect(cursor.offset == 3 && cursor.rest == 3..<6)
    #expect(cursor.take(3) == 3..<6)
    #expect(cursor.integer(0) == 0 && cursor.integer(1) == nil && cursor.rest.isEmpty)
  }

  @Test("ranges and offsets are limited to the bytes")
  func limits() {
    #expect(ByteCursor([1, 2], 1..<9).rest == 1..<2)
    #expect(ByteCursor([1, 2], 5..<9).rest == 2..<2)
    #expect(ByteCursor([1, 2], from: -1).rest == 0..<2)
    #expect(ByteCursor([1, 2], from: 3).rest == 2..<2)
  }
}
