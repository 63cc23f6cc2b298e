// SPDX-License-Identifier: Apache-2.0

import Checked

/// An ID3 tag of version 2.
///
/// - Source: ID3 tag version 2.4.0, main structure §3.1, native frames §4.2.6
package struct ID3Tag: Sendable, Equatable {
  /// The most bytes of a text that becomes a tag.
  static let maximumText = 900
  private static let headLength = 10

  /// The tag.
  package let bytes: [UInt8]

  /// The tag at the start of `bytes`; nil if they have none.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count > Self.headLength, bytes.starts(with: "ID3".utf8), bytes[3] < 0xFF,
      // bounded: the tag is longer than its head
      bytes[4] < 0xFF, bytes[6..<10].allSatisfy({ $0 < 0x80 })
    else { return nil }
    // bounded: the tag is longer than its head
    let size = bytes[6..<10].reduce(0) { $0 << 7 | Int($1) }
    // bounded: 28 bits
    let end = Self.headLength + size + (bytes[5] & 0x10 == 0 ? 0 : Self.headLength)
    guard size > 0, end <= bytes.count else { return nil }
    self.bytes = Array(bytes[..<end])  // bounded: the end is within the bytes
  }

  /// The tag whose first five bytes are missing: libavformat 5.1 takes them for the header of a
  /// metadata access unit, which tags in PES packets of private_stream_1 do not have.
  ///
  /// The missing version follows from the sizes of the frames.
  package init?(withoutStart bytes: [UInt8]) {
    let size = bytes.prefix(5).dropFirst().reduce(0) { $0 << 7 | Int($1 & 0x7F) }
    guard bytes.count == 5 + size, size > 0 else { return nil }
    // bounded: there are more than 5 bytes
    let isOlder = !Self.hasFrames(Array(bytes[5...]), bits: 7)
    self.init(Array("ID3".utf8) + [isOlder ? 3 : 4, 0] + bytes)
  }

  /// Whether frames whose sizes have `bits` bits in each byte fill the tag up to padding.
  private static func hasFrames(_ content: [UInt8], bits: Int) -> Bool {
    var cursor = ByteCursor(content)
    while let name = cursor.integer(4), name != 0 {
      guard let range = cursor.take(4), cursor.integer(2) != nil else { return false }
      // bounded: the cursor has checked the range; four bytes
      let size = content[range].reduce(0) { $0 << bits | Int($1) }
      guard content[range].allSatisfy({ $0 < 0x80 }), cursor.take(size) != nil else { return false }
    }
    return true
  }

  /// A tag with one frame TXXX, whose description is empty; nil if the text is too long, or empty.
  init?(text: String) {
    let value = Array(text.utf8)
    guard (1...Self.maximumText).contains(value.count), !value.contains(0) else { return nil }
    // UTF-8, and an empty description.
    let content: [UInt8] = [3, 0] + value
    let frame = Array("TXXX".utf8) + Self.synchsafe(content.count) + [0, 0] + content
    bytes = Array("ID3".utf8) + [4, 0, 0] + Self.synchsafe(frame.count) + frame
  }

  /// A number in four bytes of seven bits.
  private static func synchsafe(_ number: Int) -> [UInt8] {
    [21, 14, 7, 0].map { UInt8(truncatingIfNeeded: number >> $0) & 0x7F }
  }
}
