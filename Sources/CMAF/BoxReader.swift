// SPDX-License-Identifier: Apache-2.0

import Checked

/// The head of a box: its type and its size.
///
/// - Source: ISO/IEC 14496-12 §4.2
package struct BoxHead: Sendable, Equatable {
  /// The four-character type; a byte that is not printable ASCII is `?`.
  package let type: String
  /// The bytes of the head: 8, or 16 if the size has 64 bits.
  package let count: Int
  /// The bytes of the box with its head; nil if it extends to the end of its container.
  package let size: Int?

  /// No box has this size: sums of positions and sizes remain in range.
  private static let sizeLimit: UInt64 = 1 << 48

  /// Reads the head at `offset`; nil if it is not whole before `end`, which is within the bytes.
  ///
  /// - Throws: ``BoxError`` if the size is below that of the head, or larger than any file.
  package init?(_ bytes: [UInt8], at offset: Int, end: Int) throws(BoxError) {
    var cursor = ByteCursor(bytes, offset..<max(offset, end))
    guard let small = cursor.integer(4), let code = cursor.take(4) else { return nil }
    type = bytes.fourCharacters(at: code.lowerBound)
    guard small > 0 else {
      (count, size) = (8, nil)
      return
    }
    var size = UInt64(small)
    if small == 1 {
      // The size follows the type.
      guard let high = cursor.integer(4), let low = cursor.integer(4) else { return nil }
      size = UInt64(high) << 32 | UInt64(low)
    }
    count = small == 1 ? 16 : 8
    guard size >= count, size < Self.sizeLimit else { throw .size(type, size) }
    self.size = Int(size)
  }
}

/// Reads consecutive boxes within a range of bytes.
package struct BoxReader {
  private let bytes: [UInt8]
  private var rest: Range<Int>

  /// A reader of all boxes in `bytes`.
  package init(_ bytes: [UInt8]) { self.init(bytes, bytes.indices) }

  /// A reader of the boxes in `range`, which is limited to the bytes.
  package init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    rest = range.clamped(to: bytes.indices)
  }

  /// The next box; nil after the last.
  ///
  /// - Throws: ``BoxError`` if the remaining bytes are not a box. Discard the reader after an
  ///   error.
  package mutating func next() throws(BoxError) -> BoxFields? {
    guard !rest.isEmpty else { return nil }
    let start = rest.lowerBound
    guard let head = try BoxHead(bytes, at: start, end: rest.upperBound) else {
      guard rest.count >= 8 else { throw .truncated("box", needed: 8, have: rest.count) }
      throw .truncated(bytes.fourCharacters(at: start + 4), needed: 16, have: rest.count)
    }
    let size = head.size ?? rest.count
    guard size <= rest.count else { throw .truncated(head.type, needed: size, have: rest.count) }
    rest = start + size..<rest.upperBound
    return BoxFields(bytes, start + head.count..<start + size, head.type, head: head.count)
  }
}

extension [UInt8] {
  /// The four bytes at `offset`, which are within the array, as text.
  ///
  /// A byte that is not printable ASCII becomes `?`.
  package func fourCharacters(at offset: Int) -> String {
    unsafe String(unsafeUninitializedCapacity: 4) { text in
      for index in 0..<4 {
        // bounded: the caller has checked the box
        let byte = self[offset + index]
        unsafe text[index] = byte >= 0x20 && byte < 0x7F ? byte : UInt8(ascii: "?")
      }
      return 4
    }
  }
}
