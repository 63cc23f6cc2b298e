// SPDX-License-Identifier: Apache-2.0

/// Writes bits, and then bytes with those that prevent start codes.
struct UnitBits {
  private(set) var bits: [Bool] = []

  mutating func put(_ value: Int, _ count: Int) {
    for shift in (0..<count).reversed() { bits.append(value >> shift & 1 == 1) }
  }

  mutating func exponential(_ value: Int) {
    let length = Int.bitWidth - (value + 1).leadingZeroBitCount
    put(0, length - 1)
    put(value + 1, length)
  }

  /// Writes a flag for each number that is not 0.
  mutating func flags(_ values: Int...) { for value in values { put(value, 1) } }

  /// Writes numbers in Exp-Golomb code.
  mutating func exponentials(_ values: Int...) { for value in values { exponential(value) } }

  /// Writes the signed number in Exp-Golomb code.
  mutating func signed(_ value: Int) { exponential(value > 0 ? 2 * value - 1 : -2 * value) }

  /// Writes a 1 and zeros up to the end of a byte.
  mutating func align() {
    put(1, 1)
    while bits.count % 8 != 0 { put(0, 1) }
  }

  var bytes: [UInt8] {
    var result: [UInt8] = []
    for start in stride(from: 0, to: bits.count, by: 8) {
      var octet: UInt8 = 0
      for index in 0..<8 {
        octet = octet << 1 | (start + index < bits.count && bits[start + index] ? 1 : 0)
      }
      if result.suffix(2) == [0, 0], octet <= 3 { result.append(3) }
      result.append(octet)
    }
    return result
  }
}
