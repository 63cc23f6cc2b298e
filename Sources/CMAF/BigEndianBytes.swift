// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
  /// Appends a number in network byte order.
  package mutating func put(_ number: some FixedWidthInteger) {
    for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  /// Appends a number in network byte order; for tables with many of them, since the generic form
  /// is not specialised in other modules.
  package mutating func put(_ number: UInt32) {
    append(UInt8(truncatingIfNeeded: number >> 24))
    append(UInt8(truncatingIfNeeded: number >> 16))
    append(UInt8(truncatingIfNeeded: number >> 8))
    append(UInt8(truncatingIfNeeded: number))
  }

  /// Overwrites bytes with a number in network byte order.
  package mutating func set<Value: FixedWidthInteger>(_ number: Value, at position: Int) {
    for index in 0..<Value.bitWidth / 8 {
      // bounded: the caller gives a position with room for the number
      self[position + index] = UInt8(
        truncatingIfNeeded: number >> Value(Value.bitWidth - 8 - 8 * index))
    }
  }

  /// The head of a box: its size with the head, and its four-character type.
  package static func head(_ size: Int, _ type: StaticString) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.putHead(size, type)
    return bytes
  }

  /// Appends the head of a box: its size with the head, and its four-character type.
  package mutating func putHead(_ size: Int, _ type: StaticString) {
    put(UInt32(clamping: size))
    append(contentsOf: "\(type)".utf8)
  }
}
