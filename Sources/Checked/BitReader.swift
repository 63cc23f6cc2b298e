// SPDX-License-Identifier: Apache-2.0

/// Reads numbers of single bits, most significant bit first; nil after the end.
package struct BitReader {
  private let bytes: ArraySlice<UInt8>
  /// Whether the bytes are those of a NAL unit, with bytes that prevent start codes.
  private let isUnit: Bool
  /// The index of the byte with the next bit, and the bits of it that were read.
  private var position: Int
  private var bit = 0
  /// The zeros before the byte, which decide whether it prevents a start code.
  private var zeros = 0

  /// A reader of `bytes`.
  package init(_ bytes: some Sequence<UInt8>) { self.init(Array(bytes)[...], isUnit: false) }

  /// A reader of a NAL unit after its header, which leaves out the bytes that prevent start codes.
  ///
  /// - Source: ITU-T H.264 §7.4.1
  package init(unit bytes: ArraySlice<UInt8>) { self.init(bytes, isUnit: true) }

  private init(_ bytes: ArraySlice<UInt8>, isUnit: Bool) {
    self.bytes = bytes
    self.isUnit = isUnit
    position = bytes.startIndex
  }

  /// The number of read bytes, left out ones included; the last one may be read in part.
  package var byteCount: Int { position - bytes.startIndex + (bit > 0 ? 1 : 0) }

  /// The next bit.
  package mutating func flag() -> Bool? {
    // bounded: a position in the bytes
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
      zeros = isUnit && octet == 0 ? zeros + 1 : 0
      position += 1
    }
    return value
  }

  /// The next `count` bits, at most 32, as a number; all bits are taken if there are fewer.
  package mutating func take(_ count: Int) -> Int? {
    guard (0...32).contains(count) else { return nil }
    var value = 0
    for _ in 0..<count {
      guard let next = flag() else { return nil }
      value = value << 1 | (next ? 1 : 0)
    }
    return value
  }

  /// The next number in Exp-Golomb code, below 2^32.
  ///
  /// - Source: ITU-T H.264 §9.1, H.265 §9.2
  package mutating func exponential() -> Int? {
    var zeros = 0
    while let next = flag() {
      if next { return take(zeros).map { (1 << zeros) - 1 + $0 } }
      zeros += 1
      guard zeros < 32 else { return nil }
    }
    return nil
  }
}
