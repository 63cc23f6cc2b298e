// SPDX-License-Identifier: Apache-2.0

/// Reads numbers of single bits, most significant bit first; nil behind the end.
struct BitReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next `count` bits, at most 32.
  mutating func take(_ count: Int) -> Int? {
    // bounded: a byte sequence in memory
    guard (0...32).contains(count), 8 * bytes.count - position >= count else { return nil }
    var value = 0
    for _ in 0..<count {
      // bounded: the guard has checked `count` bits
      value = value << 1 | Int(bytes[position / 8] >> UInt8(7 - position % 8)) & 1
      position += 1
    }
    return value
  }

  /// The next number in Exp-Golomb code, below 2^32.
  /// - Source: ITU-T H.265 §9.2
  mutating func takeExponential() -> Int? {
    var zeros = 0
    while let bit = take(1) {
      if bit == 1 { return take(zeros).map { 1 << zeros - 1 + $0 } }
      zeros += 1
      guard zeros < 32 else { return nil }
    }
    return nil
  }
}
