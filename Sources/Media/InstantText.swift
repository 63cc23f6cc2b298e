// SPDX-License-Identifier: Apache-2.0

package import Time

/// An instant as it is written in URLs: a date of ISO 8601, as in MPDs and playlists, or seconds
/// since 1970.
///
/// ```
/// 2026-11-23T22:48:15.25Z    2026-11-23T23:48:15.25+01:00    1795474095.25
/// ```
package enum InstantText {
  /// The forms that ``time(_:)`` reads, for the words of errors.
  package static let expected =
    "2026-11-23T22:48:15.25Z or seconds since 1970 such as 1795474095.25"

  /// The instant of a text, to the nanosecond; further digits, at most three, are ignored.
  ///
  /// - Returns: nil for another text, also for a date without a time zone.
  package static func time(_ text: some StringProtocol) -> WallTime? {
    if let time = date(text) { return time }
    var rest = Array(text.utf8)[...]
    let leading = rest.prefix(while: isDigit).count
    guard rest.count <= longest, (1...11).contains(leading), let seconds = number(leading, &rest),
      let nanoseconds = fraction(&rest), rest.isEmpty
    else { return nil }
    return .origin + .seconds(seconds) + .nanoseconds(nanoseconds)
  }

  /// The text of `units` of a timescale since 1970: seconds with the digits that are needed.
  ///
  /// Rounded up to a nanosecond: the text of a frame time that is not a whole number of them is an
  /// instant of that frame.
  package static func text(_ units: Int128, timescale: Int64) -> String {
    let nanoseconds = -floorDivide(-units * 1_000_000_000, Int128(timescale))
    return Decimal.shortString(Int64(clamping: nanoseconds), digits: 9)
  }

  /// The most bytes of a text.
  private static let longest = 48

  /// The instant of a date with a time of day and a zone; nil for another text.
  ///
  /// A playlist has one date per segment and is read several times per second: no regular
  /// expression.
  /// - Source: ISO 8601; XML Schema Part 2 §3.2.7, `dateTime`
  package static func date(_ text: some StringProtocol) -> WallTime? {
    var rest = Array(text.utf8)[...]
    guard rest.count <= longest, let year = number(4, &rest), skip("-", &rest),
      let month = number(2, &rest),
      skip("-", &rest), let day = number(2, &rest), year >= 1970,
      let date = CivilDate(year: year, month: month, day: day),
      skip("T", &rest), let hour = number(2, &rest), skip(":", &rest),
      let minute = number(2, &rest), skip(":", &rest), let second = number(2, &rest),
      hour < 24, minute < 60, second <= 60, let nanoseconds = fraction(&rest),
      let east = zone(&rest), rest.isEmpty
    else { return nil }
    // bounded: numbers of two digits, and days of years of four digits
    let seconds = date.daysSince1970 * 86_400 + hour * 3600 + (minute - east) * 60 + second
    return .origin + .seconds(seconds) + .nanoseconds(nanoseconds)
  }

  /// Reads a zone: minutes east of Greenwich.
  private static func zone(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    if skip("Z", &rest) { return 0 }
    let isWest = skip("-", &rest)
    guard isWest || skip("+", &rest), let hours = number(2, &rest), hours < 24 else { return nil }
    _ = skip(":", &rest)
    guard let minutes = number(2, &rest), minutes < 60 else { return nil }
    // bounded: numbers of two digits
    return (isWest ? -1 : 1) * (hours * 60 + minutes)
  }

  /// Reads a decimal point and digits, in nanoseconds; 0 without a point.
  private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    guard skip(".", &rest) else { return 0 }
    let count = rest.prefix(while: isDigit).count
    guard (1...12).contains(count), var value = number(min(count, 9), &rest) else { return nil }
    rest = rest.drop(while: isDigit)
    // bounded: at most nine digits
    for _ in count..<max(count, 9) { value *= 10 }
    return value
  }

  /// Reads a number of `count` digits, at most 11.
  private static func number(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> Int64? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy(isDigit) else { return nil }
    rest = rest.dropFirst(count)
    // bounded: at most 11 digits
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  private static func skip(_ character: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
