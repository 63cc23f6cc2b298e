// SPDX-License-Identifier: Apache-2.0

import Checked
import Testing

@Suite("Reading bits")
struct BitReaderTests {
  @Test("numbers are read from the most significant bit on, over bytes, and nil after the end")
  func numbers() {
    var bits = BitReader([0b1010_0101, 0b1100_0000])
    #expect(bits.take(3) == 0b101 && bits.flag() == false && bits.take(6) == 0b010111)
    #expect(bits.byteCount == 2)
    #expect(bits.take(6) == 0 && bits.take(0) == 0 && bits.flag() == nil && bits.take(1) == nil)
    #expect(bits.byteCount == 2)
    #expect(BitReader.numbers([0xFF], take: 9) == nil)
    #expect(BitReader.numbers([1, 2, 3, 4, 5], take: 33) == nil)
    #expect(BitReader.numbers([1, 2, 3, 4, 5], take: 32) == 0x0102_0304)
  }

  @Test("Exp-Golomb codes of the table in H.264 §9.1.1")
  func exponential() {
    // 1, 010, 011, 00100, 00101, 0001000
    var bits = BitReader([0b1010_0110, 0b0100_0010, 0b1000_1000])
    #expect((0..<6).map { _ in bits.exponential() } == [0, 1, 2, 3, 4, 7])
    var largest = BitReader([0, 0, 0, 1] + [UInt8](repeating: 0xFF, count: 4))
    #expect(largest.exponential() == (1 << 32) - 2)
    var long = BitReader([0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
    #expect(long.exponential() == nil)
  }

  @Test("bytes that prevent start codes are left out of NAL units only, and counted")
  func unit() {
    let bytes: [UInt8] = [0xAA, 0, 0, 3, 1, 0, 0, 3]
    var unit = BitReader(unit: bytes[1...])
    #expect(unit.take(24) == 1 && unit.byteCount == 4)
    #expect(unit.take(16) == 0 && unit.flag() == nil)
    var plain = BitReader(bytes)
    #expect(plain.take(32) == 0xAA00_0003 && plain.byteCount == 4)
    // The third zero begins a new count.
    var again = BitReader(unit: [0, 0, 3, 0, 0, 3, 3][...])
    #expect(again.take(32) == 0 && again.take(8) == 3)
  }
}

extension BitReader {
  fileprivate static func numbers(_ bytes: [UInt8], take count: Int) -> Int? {
    var bits = BitReader(bytes)
    return bits.take(count)
  }
}
