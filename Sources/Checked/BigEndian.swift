// SPDX-License-Identifier: Apache-2.0

extension Span<UInt8> {
  /// The big-endian number in `count` bytes at `offset`.
  ///
  /// - Parameters:
  ///   - offset: may be negative or beyond the end.
  ///   - count: 0 to 7.
  /// - Returns: nil if they are not within the bytes.
  public func bigEndian(at offset: Int, count: Int) -> Int? {
    guard (0...7).contains(count), offset >= 0, offset <= self.count,
      count <= self.count - offset
    else { return nil }
    var number = 0
    for index in offset..<(offset + count) { number = number << 8 | Int(self[index]) }
    return number
  }
}

extension FixedWidthInteger {
  /// The lowest `count` bytes, by default all, the highest first.
  @inlinable
  public func bigEndianBytes(_ count: Int = bitWidth / 8) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 << 3)) }
  }
}
