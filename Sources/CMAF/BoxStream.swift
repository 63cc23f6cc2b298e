// SPDX-License-Identifier: Apache-2.0

/// Reads consecutive boxes from bytes that arrive in pieces of any size.
///
/// Stated sizes reserve no memory: bytes are kept until the caller has what it waits for. After an
/// error, discard the stream.
package struct BoxStream: Sendable {
  /// A box whose head has arrived.
  package struct Box: Sendable, Equatable {
    /// The four-character type.
    package let type: String
    /// The position of its first byte.
    package let position: Int
    /// The bytes of the box with its head.
    package let size: Int
  }

  private var bytes: [UInt8] = []
  /// The next byte of `bytes`.
  private var offset = 0
  /// The position of the next byte.
  package private(set) var position = 0
  /// The present box, and its bytes that are not read yet.
  private var present: (box: Box, head: BoxHead, left: Int)?

  /// A stream before the first byte.
  package init() {}

  /// Whether all bytes so far are read, and end with a whole box.
  package var isBetweenBoxes: Bool { present == nil && offset == bytes.count }

  /// Counts positions from the next byte on.
  package mutating func restart() { position = 0 }

  /// Appends bytes.
  package mutating func append(_ piece: [UInt8]) {
    guard offset < bytes.count else {
      (bytes, offset) = (piece, 0)
      return
    }
    if offset > 0 { bytes.removeFirst(offset) }
    offset = 0
    bytes += piece
  }

  /// The present box, or the next one if that is read; nil if the bytes of its head are missing.
  ///
  /// - Throws: ``BoxError`` if the size of the box is impossible; a box without end is one.
  package mutating func box() throws(BoxError) -> Box? {
    if let present { return present.box }
    guard let head = try BoxHead(bytes, at: offset, end: bytes.count) else { return nil }
    guard let size = head.size else { throw .size(head.type, 0) }
    let box = Box(type: head.type, position: position, size: size)
    advance(head.count)
    present = (box, head, size - head.count)
    return box
  }

  /// The present box as a whole.
  ///
  /// - Parameter limit: the largest box with its head.
  /// - Returns: nil if bytes of it are missing.
  /// - Throws: ``BoxError`` if it is larger.
  package mutating func whole(limit: Int) throws(BoxError) -> BoxFields? {
    guard let (box, head, left) = present else { return nil }
    guard box.size <= limit else { throw .tooLarge(box.type, box.size, most: limit) }
    guard bytes.count - offset >= left else { return nil }
    let content = offset..<offset + left
    advance(left)
    present = nil
    return BoxFields(bytes, content, head.type, head: head.count)
  }

  /// Bytes of the present box; those before them are skipped.
  ///
  /// - Parameters:
  ///   - first: the position of the first byte.
  ///   - count: at least 0.
  /// - Returns: nil if some are missing.
  /// - Throws: ``BoxError/sampleRange`` if they are not among the bytes that are not read yet.
  package mutating func content(at first: Int, count: Int) throws(BoxError) -> [UInt8]? {
    guard let left = present?.left else { return nil }
    let (gap, isBeyond) = first.subtractingReportingOverflow(position)
    guard !isBeyond, (0...left).contains(gap), (0...left - gap).contains(count) else {
      throw .sampleRange
    }
    take(min(gap, bytes.count - offset))
    guard first == position, bytes.count - offset >= count else { return nil }
    // bounded: as many bytes are there
    let content = Array(bytes[offset..<offset + count])
    take(count)
    return content
  }

  /// Skips the rest of the present box.
  ///
  /// - Returns: false if bytes of it are missing.
  package mutating func skip() -> Bool {
    guard let left = present?.left else { return true }
    take(min(left, bytes.count - offset))
    guard present?.left == 0 else { return false }
    present = nil
    return true
  }

  /// Reads bytes of the present box.
  private mutating func take(_ count: Int) {
    advance(count)
    present?.left -= count
  }

  private mutating func advance(_ count: Int) {
    offset += count
    // bounded: 2^63 bytes never arrive
    position += count
  }
}
