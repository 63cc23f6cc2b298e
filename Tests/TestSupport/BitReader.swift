// SPDX-License-Identifier: Apache-2.0

/// Reads bits and Exp-Golomb numbers of a NAL unit; after its end it reads zeros.
/// - Source: ITU-T H.264 §7.2, §9.1
package struct BitReader {
  private let bytes: [UInt8]
  private var place = 0

  /// Reads a unit after its header byte, without emulation prevention bytes.
  package init(unit: some Sequence<UInt8>) {
    var bytes: [UInt8] = []
    var zeros = 0
    for byte in unit.dropFirst() {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      bytes.append(byte)
    }
    self.bytes = bytes
  }

  /// The next `count` bits as a number.
  package mutating func bits(_ count: Int) -> Int {
    var value = 0
    for _ in 0..<count {
      let bit = place / 8 < bytes.count ? Int(bytes[place / 8] >> (7 - place % 8) & 1) : 0
      value = value << 1 | bit
      place += 1
    }
    return value
  }

  /// The next number of variable length, unsigned.
  package mutating func number() -> Int {
    var zeros = 0
    while zeros < 32, bits(1) == 0 { zeros += 1 }
    return (1 << zeros) - 1 + bits(zeros)
  }
}
