// SPDX-License-Identifier: Apache-2.0

/// Reads consecutive fields of bytes; every read is checked.
///
/// A read beyond the end returns nil and moves nothing.
package struct ByteCursor: Sendable {
  /// All bytes, also those before and after the range that is read.
  package let bytes: [UInt8]
  /// The offset of the next byte.
  package private(set) var offset: Int
  private let end: Int

  /// A cursor at the start of `range`, which is limited to the bytes.
  package init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    let range = range.clamped(to: bytes.indices)
    (offset, end) = (range.lowerBound, range.upperBound)
  }

  /// A cursor at `offset`, which is limited to the bytes; it reads to their end.
  package init(_ bytes: [UInt8], from offset: Int = 0) {
    self.init(bytes, min(max(0, offset), bytes.count)..<bytes.count)
  }

  /// The range of the bytes that are not read yet.
  package var rest: Range<Int> { offset..<end }

  /// Reads a big-endian number of 0 to 7 bytes.
  package mutating func integer(_ count: Int) -> Int? {
    guard count <= end - offset, let number = bytes.span.bigEndian(at: offset, count: count) else {
      return nil
    }
    offset += count
    return number
  }

  /// Reads a big-endian number of 8 bytes.
  package mutating func wide() -> Int64? {
    var next = self
    guard let high = next.integer(4), let low = next.integer(4) else { return nil }
    self = next
    return Int64(bitPattern: UInt64(high) << 32 | UInt64(low))
  }

  /// Reads `count` bytes, and returns their range.
  package mutating func take(_ count: Int) -> Range<Int>? {
    guard count >= 0, count <= end - offset else { return nil }
    defer { offset += count }
    return offset..<offset + count
  }
}
