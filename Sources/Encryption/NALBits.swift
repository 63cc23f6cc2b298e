// SPDX-License-Identifier: Apache-2.0

/// Reads the bits of a NAL unit, without the bytes that prevent start codes; nil after the end.
///
/// - Source: ITU-T H.264 §7.4.1, §9.1
struct NALBits {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var bit = 0
  private var zeros = 0

  /// A reader of `bytes`, which begin after the header of the NAL unit.
  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The bytes that have been read, of which the last one may be read in part.
  var byteCount: Int { position - bytes.startIndex + (bit > 0 ? 1 : 0) }

  /// The next bit.
  mutating func flag() -> Bool? {
    if bit == 0, zeros >= 2, position < bytes.endIndex, bytes[position] == 3 {
      position += 1
      zeros = 0
    }
    guard position < bytes.endIndex else { return nil }
    let octet = bytes[position]
    let value = octet >> UInt8(7 - bit) & 1 == 1
    bit += 1
    if bit == 8 {
      bit = 0
      zeros = octet == 0 ? zeros + 1 : 0
      position += 1
    }
    return value
  }

  /// The next `count` bits, at most 32, as a number.
  mutating func take(_ count: Int) -> Int? {
    guard (0...32).contains(count) else { return nil }
    var value = 0
    for _ in 0..<count {
      guard let next = flag() else { return nil }
      value = value << 1 | (next ? 1 : 0)
    }
    return value
  }

  /// The next number ue(v), below 2^32.
  mutating func exponential() -> Int? {
    var zeros = 0
    while let next = flag() {
      if next { return take(zeros).map { (1 << zeros) - 1 + $0 } }
      zeros += 1
      guard zeros < 32 else { return nil }
    }
    return nil
  }
}
