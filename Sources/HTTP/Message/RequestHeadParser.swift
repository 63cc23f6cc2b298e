// SPDX-License-Identifier: Apache-2.0

package import Net

/// Finds and parses the request heads in the bytes of a connection, in pieces of any size.
///
/// Strict, since lenient parsers permit request smuggling: a proxy before this server must find the
/// same request in the same bytes. Pure: no clock, no socket.
/// - Source: RFC 9112 §2–§6
package struct RequestHeadParser {
  /// The start of a head that is received in several pieces.
  private var partial: [UInt8] = []
  private var headCount: Int32 = 0
  private var lineCount: Int32 = 0
  private var lineLength: Int32 = 0
  private var isAfterCR = false
  private var hasSkippedEmptyLine = false

  /// A parser at the start of a connection.
  package init() {}

  /// Whether a head has begun and is not complete.
  package var isInsideHead: Bool { headCount > 0 || isAfterCR }

  /// Takes bytes from `position` on until a head is complete, and moves `position` to its end.
  ///
  /// - Returns: nil if all bytes are taken and the head is incomplete.
  /// - Throws: the reason to refuse the request; discard the connection's later bytes.
  package mutating func next(
    _ bytes: borrowing Span<UInt8>, _ position: inout Int, limits: HeadLimits = HeadLimits(),
    peer: PeerAddress = .none
  ) throws(RequestParseError) -> Request? {
    let start = position
    guard try scan(bytes, &position, limits) else {
      partial.append(bytes, start..<position)
      return nil
    }
    // With room for the offsets of the fields.
    // bounded: lines of one head
    let offsetsSize = Int(lineCount - 1) * Request.FieldOffsets.size
    let headEnd = partial.count + position - start
    var head: [UInt8] = []
    swap(&head, &partial)
    head.reserveCapacity(headEnd + offsetsSize)
    head.append(bytes, start..<position)
    head.append(contentsOf: repeatElement(0, count: offsetsSize))
    let emptyLine = hasSkippedEmptyLine ? 2 : 0
    self = RequestHeadParser()
    return try Request(head: head, headEnd: headEnd, from: emptyLine, limits: limits, peer: peer)
  }

  /// Looks for the end of the head byte by byte, so that refusals do not depend on how the bytes
  /// are cut into pieces.
  private mutating func scan(
    _ bytes: borrowing Span<UInt8>, _ position: inout Int, _ limits: HeadLimits
  ) throws(RequestParseError) -> Bool {
    let count = bytes.count
    while position < count {
      // All bytes up to the next control character.
      let start = position
      var next = start
      while next < count, case let byte = bytes[next], byte >= 0x20, byte != 0x7F { next += 1 }
      position = next
      if position > start {
        if isAfterCR { throw .bareLineEnding }
        headCount += Int32(position - start)
        lineLength += Int32(position - start)
        try checkSize(limits)
        if position == count { break }
      }
      let byte = bytes[position]
      position += 1
      headCount += 1
      try checkSize(limits)
      if byte == 0x0A {
        guard isAfterCR else { throw .bareLineEnding }
        isAfterCR = false
        if lineLength > 0 {
          lineCount += 1
          lineLength = 0
          if lineCount > limits.fieldCount + 1 { throw .tooManyFields(limit: limits.fieldCount) }
        } else if lineCount > 0 {
          return true
        } else if hasSkippedEmptyLine {
          throw .malformedRequestLine
        } else {
          // RFC 9112 §2.2: "SHOULD ignore at least one empty line (CRLF) received prior to the
          // request-line".
          hasSkippedEmptyLine = true
        }
        continue
      }
      if isAfterCR { throw .bareLineEnding }
      if byte == 0x0D {
        isAfterCR = true
        continue
      }
      if byte != 0x09 { throw .controlCharacter }
      lineLength += 1
      try checkSize(limits)
    }
    return false
  }

  private func checkSize(_ limits: HeadLimits) throws(RequestParseError) {
    // Room for a method and a version around the longest target.
    if lineCount == 0, lineLength > limits.targetBytes + 64 || headCount > limits.headBytes {
      throw .targetTooLong(limit: limits.targetBytes)
    }
    if headCount > limits.headBytes { throw .headTooLarge(limit: limits.headBytes) }
  }
}

extension Array where Element == UInt8 {
  fileprivate mutating func append(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe append(contentsOf: buffer[range])
    }
  }
}

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
