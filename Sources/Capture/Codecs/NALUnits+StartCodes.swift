// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import Media

// Start codes within sequences whose units should follow their lengths.
extension NALUnits {
  /// Whether a range contains a start code.
  static func hasStartCode(_ bytes: Span<UInt8>, in range: Range<Int>) -> Bool {
    codes(bytes, in: range, isFirst: true).first != nil
  }

  /// The non-empty units in a range that begins with a unit or a start code.
  static func split(_ bytes: Span<UInt8>, in range: Range<Int>) -> [Range<Int>] {
    var units: [Range<Int>] = []
    var start = range.lowerBound
    for end in codes(bytes, in: range) + [range.upperBound] {
      var last = end
      // bounded: start < last <= count
      while last > start, bytes[last - 1] == 0 { last -= 1 }
      if last > start { units.append(start..<last) }
      start = min(range.upperBound, end + 3)
    }
    return units
  }

  /// The offsets of the start codes of three bytes in a range, or of the first one.
  private static func codes(
    _ bytes: Span<UInt8>, in range: Range<Int>, isFirst: Bool = false
  ) -> [Int] {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      var codes: [Int] = []
      guard let base = buffer.baseAddress else { return codes }
      var place = range.lowerBound + 2
      while place < range.upperBound,
        // bounded: within the range, which is within the bytes
        let found = unsafe memchr(base + place, 1, range.upperBound - place)
      {
        // bounded: at or after place
        let one = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
        // bounded: place >= 2
        if unsafe buffer[one - 1] == 0, unsafe buffer[one - 2] == 0 {
          codes.append(one - 2)
          if isFirst { return codes }
        }
        place = one + 1
      }
      return codes
    }
  }
}
