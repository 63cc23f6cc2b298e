// SPDX-License-Identifier: Apache-2.0

/// The name of a media file, as a URL gives it.
///
/// A name is read before its stream is known, so numbers are those of the URL.
/// ``MediaNames/segment(_:)`` converts them into segment numbers.
package enum MediaName: Sendable, Equatable {
  /// `init-<hash>.mp4`: a CMAF header.
  case header(hash: String)
  /// `segmentN.m4s`: a whole segment.
  case segment(Number)
  /// `segmentN.K.m4s`: part K of a segment.
  case part(Int64, of: Number)

  /// `segmentN.vtt`: the WebVTT of a segment.
  case text(Number)

  /// A segment number as it is written in a name.
  package struct Number: Sendable, Equatable {
    /// The number.
    package let value: UInt64
    /// The number of its digits, leading zeros included.
    package let digits: Int
  }

  /// Reads a name; nil for every name that ``MediaNames`` never writes.
  ///
  /// Every request for media passes here, so the name is read byte by byte.
  package init?(_ name: Substring) {
    let text = name.utf8
    let bytes = text.span
    if Self.isAt(0, Self.header, bytes), Self.isAt(bytes.count - 4, Self.mp4, bytes),
      bytes.count >= Self.header.count + Self.mp4.count
    {
      self = .header(hash: String(name.dropFirst(Self.header.count).dropLast(Self.mp4.count)))
      return
    }
    // Both extensions have the same length.
    let end = bytes.count - Self.m4s.count
    let isText = Self.isAt(end, Self.vtt, bytes)
    guard Self.isAt(0, Self.segment, bytes), isText || Self.isAt(end, Self.m4s, bytes) else {
      return nil
    }
    var offset = Self.segment.count
    guard let number = Self.number(bytes, &offset, end) else { return nil }
    if offset == end {
      self = isText ? .text(number) : .segment(number)
      return
    }
    guard !isText, bytes[offset] == UInt8(ascii: ".") else { return nil }
    offset += 1
    guard let part = Self.number(bytes, &offset, end), offset == end,
      part.digits == Self.digitCount(part.value)
    else { return nil }
    self = .part(Int64(part.value), of: number)
  }

  private static let segment = Array("segment".utf8)
  private static let header = Array("init-".utf8)
  private static let m4s = Array(".m4s".utf8)
  private static let vtt = Array(".vtt".utf8)
  private static let mp4 = Array(".mp4".utf8)

  private static func isAt(
    _ offset: Int, _ text: [UInt8], _ bytes: borrowing Span<UInt8>
  ) -> Bool {
    guard offset >= 0, offset + text.count <= bytes.count else { return false }
    // bounded: the guard has checked the size of `text`
    for index in 0..<text.count where bytes[offset + index] != text[index] { return false }
    return true
  }

  /// Reads a number of 1 to 18 digits at `offset` and moves `offset` past it.
  private static func number(
    _ bytes: borrowing Span<UInt8>, _ offset: inout Int, _ end: Int
  ) -> Number? {
    let start = offset
    var value: UInt64 = 0
    while offset < end, case let digit = bytes[offset], digit >= 0x30, digit <= 0x39 {
      guard offset - start < 18 else { return nil }
      // bounded: at most 18 digits
      value = value * 10 + UInt64(digit - 0x30)
      offset += 1
    }
    return offset > start ? Number(value: value, digits: offset - start) : nil
  }

  /// The number of digits of `number` without leading zeros.
  static func digitCount(_ number: UInt64) -> Int {
    var (count, rest) = (1, number / 10)
    while rest > 0 { (count, rest) = (count + 1, rest / 10) }
    return count
  }
}
