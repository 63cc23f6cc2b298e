// SPDX-License-Identifier: Apache-2.0

extension Request {
  /// The place of a field in a head.
  struct FieldOffsets {
    let nameStart, nameEnd, valueStart, valueEnd: UInt16

    init(name: Range<Int>, value: Range<Int>) {
      nameStart = UInt16(clamping: name.lowerBound)
      nameEnd = UInt16(clamping: name.upperBound)
      valueStart = UInt16(clamping: value.lowerBound)
      valueEnd = UInt16(clamping: value.upperBound)
    }

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }

    /// The number of bytes of one entry after a head.
    static let size = 8

    /// Reads the entry at `start`.
    init(_ bytes: borrowing Span<UInt8>, at start: Int) {
      func number(_ offset: Int) -> UInt16 {
        // bounded: entries follow the head as a whole
        UInt16(bytes[start + offset]) << 8 | UInt16(bytes[start + offset + 1])
      }
      (nameStart, nameEnd) = (number(0), number(2))
      (valueStart, valueEnd) = (number(4), number(6))
    }

    /// Writes the entry to `bytes`.
    func write(to bytes: inout MutableSpan<UInt8>, at start: Int) {
      func put(_ number: UInt16, _ offset: Int) {
        // bounded: the place was made for the entry
        bytes[start + offset] = UInt8(number >> 8)
        bytes[start + offset + 1] = UInt8(truncatingIfNeeded: number)
      }
      put(nameStart, 0)
      put(nameEnd, 2)
      put(valueStart, 4)
      put(valueEnd, 6)
    }
  }
}
