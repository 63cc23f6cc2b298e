// SPDX-License-Identifier: Apache-2.0

import Checked

/// Whether the octets in `range` may be a host and an optional port; an empty value may.
///
/// A host name has letters, digits, signs and well-formed escapes; an address in brackets is one of
/// IPv6 or of a later version; a port is at most 65535.
///
/// - Source: RFC 9110 §4.2.1, §7.2; RFC 3986 §3.2.2, §3.2.3
func isHost(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
  guard !range.isEmpty else { return true }
  var end = range.lowerBound
  if bytes[end] == UInt8(ascii: "[") {
    guard let close = bytes.position(of: UInt8(ascii: "]"), in: range),
      // bounded: the bracket is behind the first one
      HostGrammar.isAddress(bytes, end + 1..<close)
    else { return false }
    end = close + 1  // bounded: a position in the range
  } else {
    while end < range.upperBound, bytes[end] != UInt8(ascii: ":") {
      if HostGrammar.isSign(bytes[end]) {
        end += 1
      } else if bytes.hasEscape(at: end, before: range.upperBound) {
        end += 3  // bounded: the escape is within the range
      } else {
        return false
      }
    }
    // RFC 9110 §4.2.1: a host of HTTP is not empty.
    guard end > range.lowerBound else { return false }
  }
  guard end < range.upperBound else { return true }
  return bytes[end] == UInt8(ascii: ":")
    // bounded: a position in the range
    && HostGrammar.isPort(bytes, end + 1..<range.upperBound)
}

/// The parts of a host and its port.
private enum HostGrammar {
  /// Whether an octet is unreserved or one of sub-delims.
  ///
  /// RFC 3986 §2.2, §2.3.
  static func isSign(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"),
      UInt8(ascii: "&")...UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="):
      true
    default:
      false
    }
  }

  /// Whether the range has digits, or nothing.
  ///
  /// RFC 3986 §3.2.3.
  static func isPort(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
    number(bytes, range, atMost: Int(UInt16.max)) != nil
  }

  /// The number of digits that are at most `limit`; 0 without digits, nil for anything else.
  private static func number(
    _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, atMost limit: Int
  ) -> Int? {
    var value = 0
    for index in range {
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[index] else { return nil }
      // bounded: at most the limit before the digit
      value = value * 10 + Int(bytes[index] - 0x30)
      guard value <= limit else { return nil }
    }
    return value
  }

  /// IPv6address or IPvFuture.
  static func isAddress(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard let first = range.first else { return false }
    return bytes[first] | 0x20 == UInt8(ascii: "v")
      // bounded: the range is not empty
      ? isFutureAddress(bytes, first + 1..<range.upperBound) : isAddress6(bytes, range)
  }

  /// `1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`, after its `v`.
  private static func isFutureAddress(
    _ bytes: borrowing Span<UInt8>, _ range: Range<Int>
  ) -> Bool {
    guard let dot = bytes.position(of: UInt8(ascii: "."), in: range), dot > range.lowerBound,
      bytes.allSatisfy(in: range.lowerBound..<dot, { hexadecimalValue($0) != nil })
    else { return false }
    let rest = dot + 1..<range.upperBound  // bounded: a position in the range
    return !rest.isEmpty
      && bytes.allSatisfy(in: rest, { isSign($0) || $0 == UInt8(ascii: ":") })
  }

  /// Eight groups of one to four digits, or fewer with one `::`.
  ///
  /// The last two may be an IPv4 address.
  private static func isAddress6(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
    let colon = UInt8(ascii: ":")
    let end = range.upperBound
    var position = range.lowerBound
    var groups = 0
    var hasGap = false
    // A gap at the start has no group before it.
    if bytes[position] == colon {
      // bounded: more than one octet
      guard range.count > 1, bytes[position + 1] == colon else { return false }
      hasGap = true
      position += 2
    }
    while position < end {
      let start = position
      while position < end, hexadecimalValue(bytes[position]) != nil { position += 1 }
      if position < end, bytes[position] == UInt8(ascii: ".") {
        guard isAddress4(bytes, start..<end) else { return false }
        groups += 2
        break
      }
      guard (1...4).contains(position - start) else { return false }
      groups += 1
      guard position < end else { break }
      guard bytes[position] == colon else { return false }
      position += 1
      // A colon separates two groups; two colons are the gap.
      guard position < end else { return false }
      guard bytes[position] == colon else { continue }
      guard !hasGap else { return false }
      hasGap = true
      position += 1
    }
    return hasGap ? groups <= 7 : groups == 8
  }

  /// Four numbers of at most 255 without zeros before them.
  private static func isAddress4(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
    var start = range.lowerBound
    for index in 0..<4 {
      let rest = start..<range.upperBound
      let part = index < 3 ? bytes.prefix(of: rest, to: UInt8(ascii: ".")) : rest
      guard !part.isEmpty, part.count == 1 || bytes[part.lowerBound] != UInt8(ascii: "0"),
        number(bytes, part, atMost: 255) != nil
      else { return false }
      // bounded: a position in the range, or behind it
      start = min(part.upperBound + 1, range.upperBound)
    }
    return true
  }
}

extension Span where Element == UInt8 {
  /// Whether a well-formed percent-escape begins at `start` and ends before `end`.
  ///
  /// - Source: RFC 3986 §2.1
  func hasEscape(at start: Int, before end: Int) -> Bool {
    // bounded: start + 2 is below the end
    self[start] == UInt8(ascii: "%") && start + 2 < end
      // bounded: start + 2 is below the end
      && hexadecimalValue(self[start + 1]) != nil && hexadecimalValue(self[start + 2]) != nil
  }
}
