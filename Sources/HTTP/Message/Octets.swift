// SPDX-License-Identifier: Apache-2.0

/// An ASCII letter in lower case; any other octet unchanged.
@inline(__always)
func lowercased(_ octet: UInt8) -> UInt8 {
  octet >= 0x41 && octet <= 0x5A ? octet | 0x20 : octet
}

/// Whether the octet may be part of a token.
///
/// RFC 9110 §5.6.2.
@inline(__always)
func isTokenCharacter(_ octet: UInt8) -> Bool {
  switch octet {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
    UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
    UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
    true
  default:
    false
  }
}

extension ArraySlice where Element == UInt8 {
  /// The range of the first occurrence of `octets`; nil without one.
  ///
  /// `firstRange(of:)` of the standard library is generic here: it cost a third of a client's time.
  func firstOccurrence(of octets: [UInt8]) -> Range<Int>? {
    guard let first = octets.first else { return nil }
    var rest = self
    while let start = rest.firstIndex(of: first) {
      rest = rest[start...]  // bounded: an index of the slice
      if rest.starts(with: octets) { return start..<rest.index(start, offsetBy: octets.count) }
      rest = rest.dropFirst()
    }
    return nil
  }
}

extension Span where Element == UInt8 {
  /// The first position of `octet` in `range`.
  @inline(__always)
  func position(of octet: UInt8, in range: Range<Int>) -> Int? {
    for index in range where self[index] == octet { return index }
    return nil
  }

  /// The part of `range` before the first `octet`, or all of it.
  @inline(__always)
  func prefix(of range: Range<Int>, to octet: UInt8) -> Range<Int> {
    range.lowerBound..<(position(of: octet, in: range) ?? range.upperBound)
  }

  /// Whether all octets in `range` match.
  @inline(__always)
  func allSatisfy(in range: Range<Int>, _ matches: (UInt8) -> Bool) -> Bool {
    for index in range where !matches(self[index]) { return false }
    return true
  }

  /// Whether the octets in `range` are `text`.
  @inline(__always)
  func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count
    // bounded: the offset is within `range`
    where unsafe self[range.lowerBound + offset] != text.utf8Start[offset] {
      return false
    }
    return true
  }

  /// Whether the octets in `range` are `text`, which has lower case, without regard to case.
  @inline(__always)
  func equalsLowercased(_ text: StaticString, in range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count
    // bounded: the offset is within `range`
    where unsafe lowercased(self[range.lowerBound + offset]) != text.utf8Start[offset] {
      return false
    }
    return true
  }

  /// `range` without spaces and tabs (OWS) at both ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
    // bounded: start <= end - 1 < end
    while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
    return start..<end
  }

  /// A copy of the octets in `range`.
  func array(_ range: Range<Int>) -> [UInt8] {
    unsafe withUnsafeBufferPointer { unsafe Array($0[range]) }
  }
}
