// SPDX-License-Identifier: Apache-2.0

/// Reads consecutive boxes within a range of bytes.
///
/// - Source: ISO/IEC 14496-12 §4.2
package struct BoxReader {
  /// One box, as ranges of the bytes.
  package struct Box: Sendable, Equatable {
    /// The four-character type.
    package let type: String
    /// The range of the content, without the header.
    package let content: Range<Int>
  }

  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  /// A reader of all boxes in `bytes`.
  package init(_ bytes: [UInt8]) { self.init(bytes, bytes.indices) }

  /// A reader of the boxes in `range`, which is within `bytes`.
  package init(_ bytes: [UInt8], _ range: Range<Int>) {
    precondition(range.upperBound <= bytes.count)
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next box; nil after the last.
  ///
  /// - Throws: ``TrackHeaderError`` if the remaining bytes are not a box. Discard the reader after
  ///   an error.
  package mutating func next() throws(TrackHeaderError) -> Box? {
    guard position < end else { return nil }
    let start = position
    guard end - start >= 8 else { throw .truncated("box", needed: 8, have: end - start) }
    let type = bytes.fourCharacters(at: start + 4)
    var head = 8
    var size = bytes.unsigned32(at: start)
    if size == 1 {
      // The size follows the type, in 64 bits.
      guard end - start >= 16 else { throw .truncated(type, needed: 16, have: end - start) }
      head = 16
      guard bytes.unsigned32(at: start + 8) == 0 else { throw .tooLarge(type) }
      size = bytes.unsigned32(at: start + 12)
    } else if size == 0 {
      // The box extends to the end of its container.
      size = end - start
    }
    guard size >= head else { throw .truncated(type, needed: head, have: size) }
    guard size <= end - start else { throw .truncated(type, needed: size, have: end - start) }
    position = start + size
    return Box(type: type, content: start + head..<position)
  }

  /// The only box of a type among the remaining boxes.
  ///
  /// - Throws: ``TrackHeaderError`` if no or several such boxes exist, or the bytes are not boxes.
  package mutating func only(_ type: String) throws(TrackHeaderError) -> Range<Int> {
    var found: Range<Int>?
    while let box = try next() {
      guard box.type == type else { continue }
      guard found == nil else { throw .several(type) }
      found = box.content
    }
    guard let found else { throw .missing(type) }
    return found
  }
}

extension [UInt8] {
  /// The big-endian number in the four bytes at `offset`, which are within the array.
  func unsigned32(at offset: Int) -> Int {
    // bounded: the caller has checked the box
    self[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
  }

  /// The big-endian number in the two bytes at `offset`, which are within the array.
  // bounded: the caller has checked the box
  func unsigned16(at offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }

  /// The four bytes at `offset`, which are within the array, as text.
  ///
  /// A byte that is not printable ASCII becomes `?`.
  package func fourCharacters(at offset: Int) -> String {
    String(
      // bounded: the caller has checked the box
      decoding: self[offset..<offset + 4].map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") },
      as: UTF8.self)
  }
}
