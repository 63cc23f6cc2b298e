// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@Suite("Numbers of HTTP/2 streams, RFC 9113 §5.1.1")
struct StreamNumbersTests {
  @Test("numbers that grow are accepted, and again for trailers")
  func growing() {
    var numbers = StreamNumbers()
    for stream: Int32 in [1, 3, 3, 1, 9, 15, 9, .max] { #expect(numbers.begin(stream)) }
  }

  @Test("a skipped number is refused, before the first one too")
  func skipped() {
    var numbers = StreamNumbers()
    for stream: Int32 in [5, 7, 13] { #expect(numbers.begin(stream)) }
    for stream: Int32 in [1, 3, 9, 11] { #expect(!numbers.begin(stream)) }
  }

  @Test("even numbers and zero are left to the library, and skip nothing")
  func even() {
    var numbers = StreamNumbers()
    for stream: Int32 in [0, 2, 100, 1, 3] { #expect(numbers.begin(stream)) }
  }

  @Test("the ranges that are known are limited")
  func limit() {
    var numbers = StreamNumbers()
    for index in 1...Int32(StreamNumbers.capacity + 1) { #expect(numbers.begin(index * 4 - 1)) }
    #expect(numbers.begin(1))
    #expect(!numbers.begin(5))
  }
}
