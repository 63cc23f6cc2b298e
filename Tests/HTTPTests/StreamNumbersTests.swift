// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@Suite("Numbers of HTTP/2 streams, RFC 9113 §5.1.1")
struct StreamNumbersTests {
  /// The numbers that are refused, in their order.
  private func refused(_ streams: [Int32]) -> [Int32] {
    var numbers = StreamNumbers()
    return streams.filter { !numbers.begin($0) }
  }

  @Test("numbers that grow are accepted, and again for trailers")
  func growing() {
    #expect(refused([1, 3, 3, 1, 9, 15, 9, .max]).isEmpty)
  }

  @Test("a skipped number is refused, before the first one too")
  func skipped() {
    #expect(refused([5, 7, 13, 1, 3, 9, 11]) == [1, 3, 9, 11])
  }

  @Test("even numbers and zero are left to the library, and skip nothing")
  func even() {
    #expect(refused([0, 2, 100, 1, 3]).isEmpty)
  }

  @Test("the ranges that are known are limited")
  func limit() {
    let skipping = (1...Int32(StreamNumbers.capacity + 1)).map { $0 * 4 - 1 }
    #expect(refused(skipping + [1, 5]) == [5])
  }
}
