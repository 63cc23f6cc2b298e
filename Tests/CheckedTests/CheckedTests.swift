// SPDX-License-Identifier: Apache-2.0

import Checked
import Testing

@Suite("Conversions of foreign values")
struct CheckedTests {
  @Test(
    "a floating value becomes the nearest integer of the range",
    arguments: [
      (0.0, 0), (-0.9, 0), (1.9, 1), (-1.9, -1), (1e30, Int.max), (-1e30, Int.min),
      (.infinity, Int.max), (-.infinity, Int.min), (.nan, 0), (-.nan, 0),
      (9_223_372_036_854_775_807.0, Int.max), (-9_223_372_036_854_775_808.0, Int.min),
      (.leastNonzeroMagnitude, 0),
    ])
  func clamped(value: Double, expected: Int) {
    #expect(Int(clamping: value) == expected)
  }

  @Test("a floating value beyond a small or unsigned type becomes an end of its range")
  func small() {
    #expect(UInt32(clamping: -1.0) == 0)
    #expect(UInt32(clamping: 1e10) == .max)
    #expect(Int8(clamping: Float(-200)) == -128)
    #expect(UInt8(clamping: Float.nan) == 0)
  }

  @Test("a number is read within the bytes only")
  func bigEndian() {
    let bytes: [UInt8] = [0xFF, 1, 2, 3]
    let span = bytes.span
    #expect(span.bigEndian(at: 0, count: 4) == 0xFF01_0203)
    #expect(span.bigEndian(at: 3, count: 1) == 3)
    #expect(span.bigEndian(at: 4, count: 0) == 0)
    #expect(span.bigEndian(at: 3, count: 2) == nil)
    #expect(span.bigEndian(at: -1, count: 1) == nil)
    #expect(span.bigEndian(at: .max, count: 1) == nil)
    #expect(span.bigEndian(at: .min, count: 7) == nil)
    #expect(span.bigEndian(at: 0, count: 8) == nil)
    #expect(span.bigEndian(at: 0, count: -1) == nil)
  }

  @Test("the lowest bytes of a number are written, the highest first")
  func bigEndianBytes() {
    #expect(UInt32(0xFF01_0203).bigEndianBytes() == [0xFF, 1, 2, 3])
    #expect(UInt32(0xFF01_0203).bigEndianBytes(3) == [1, 2, 3])
    #expect(UInt32(7).bigEndianBytes(0).isEmpty)
  }
}
