// SPDX-License-Identifier: Apache-2.0

import Checked

/// A box with a cursor over its fields; every read is checked.
package struct BoxFields: Sendable {
  /// The four-character type.
  package let type: String
  /// The range of the content, without the head.
  package let content: Range<Int>
  /// The bytes of the head.
  private let head: Int
  private(set) var cursor: ByteCursor

  /// All of `bytes` as the content of a box, such as a file, or a decoder configuration.
  package init(_ bytes: [UInt8], _ type: String) {
    self.init(bytes, bytes.indices, type, head: 0)
  }

  /// A box with this content in `bytes`, after a head of `head` bytes.
  init(_ bytes: [UInt8], _ content: Range<Int>, _ type: String, head: Int) {
    self.type = type
    self.content = content
    self.head = head
    cursor = ByteCursor(bytes, content)
  }

  /// The bytes of the box with its head.
  package var size: Int { head + content.count }

  /// A number of 1 to 7 bytes.
  package mutating func integer(_ count: Int) throws(BoxError) -> Int {
    guard let number = cursor.integer(count) else { throw truncated(count) }
    return number
  }

  /// A number of 4 bytes with a sign.
  package mutating func signed() throws(BoxError) -> Int {
    Int(Int32(truncatingIfNeeded: try integer(4)))
  }

  /// A number of 8 bytes with a sign.
  package mutating func wide() throws(BoxError) -> Int64 {
    let (high, low) = (try integer(4), try integer(4))
    return Int64(bitPattern: UInt64(high) << 32 | UInt64(low))
  }

  /// The version, and the flags after it.
  package mutating func versionAndFlags() throws(BoxError) -> (version: Int, flags: Int) {
    (try integer(1), try integer(3))
  }

  /// Skips bytes.
  package mutating func skip(_ count: Int) throws(BoxError) { _ = try take(count) }

  /// The next bytes, as fields with the name of the box.
  package mutating func fields(_ count: Int) throws(BoxError) -> BoxFields {
    BoxFields(cursor.bytes, try take(count), type, head: 0)
  }

  /// A copy of the bytes that are not read yet.
  // bounded: the cursor is within the bytes
  package var rest: [UInt8] { Array(cursor.bytes[cursor.rest]) }

  private mutating func take(_ count: Int) throws(BoxError) -> Range<Int> {
    guard let range = cursor.take(count) else { throw truncated(count) }
    return range
  }

  private func truncated(_ count: Int) -> BoxError {
    let (needed, isBeyond) = (cursor.offset - content.lowerBound).addingReportingOverflow(count)
    return .truncated(type, needed: isBeyond ? .max : needed, have: content.count)
  }
}
