// SPDX-License-Identifier: Apache-2.0

import Time

/// Dates of MPDs and playlists: pure.
///
/// A playlist has one date per segment and is read several times per second: no regular expression.
///
/// - Source: ISO 8601; XML Schema Part 2 §3.2.7, `dateTime`
enum ISODate {
  /// A date such as `1970-01-01T00:00:01.000Z` or `1970-01-01T01:00:01+01:00`.
  ///
  /// - Returns: nil for another text, also for a date without a time zone.
  static func time(_ text: some StringProtocol) -> WallTime? {
    var digits = Digits(text.utf8)
    guard
      let year = digits.number(4), digits.skip("-"), let month = digits.number(2),
      digits.skip("-"), let day = digits.number(2), digits.skip("T"),
      let hour = digits.number(2), digits.skip(":"), let minute = digits.number(2),
      digits.skip(":"), let second = digits.number(2), let fraction = digits.fraction(),
      let east = digits.zone(), digits.isAtEnd,
      (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    // Days since 1970 by the calendar with its year from March on.
    let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
    // bounded: years of four digits
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468
    // bounded: as the days
    return .origin + .seconds(days * 86_400 + hour * 3600 + (minute - east) * 60 + second)
      + .nanoseconds(fraction)
  }
}

/// The numbers of a date, from left to right.
private struct Digits<Bytes: Collection<UInt8>> {
  private var rest: Bytes.SubSequence

  init(_ bytes: Bytes) { rest = bytes[...] }  // bounded: all of them

  var isAtEnd: Bool { rest.isEmpty }

  /// Skips a character; false if another one follows.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  /// A number of `count` digits; nil if other characters follow.
  mutating func number(_ count: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<count {
      guard let digit = digit() else { return nil }
      // bounded: four digits at most
      value = value * 10 + digit
    }
    return value
  }

  /// The nanoseconds of a fraction of 1 to 12 digits; 0 without one, nil for a malformed one.
  mutating func fraction() -> Int64? {
    guard skip(".") else { return 0 }
    var (value, unit, count): (Int64, Int64, Int) = (0, 100_000_000, 0)
    while let digit = digit() {
      // bounded: below a second, and by the number of characters
      (value, unit, count) = (value + digit * unit, unit / 10, count + 1)
    }
    return (1...12).contains(count) ? value : nil
  }

  /// The minutes of a time zone, which is required; east is positive.
  mutating func zone() -> Int64? {
    if skip("Z") { return 0 }
    let isEast = skip("+")
    guard isEast || skip("-"), let hours = number(2) else { return nil }
    _ = skip(":")
    guard let minutes = number(2) else { return nil }
    // bounded: two digits each
    return (hours * 60 + minutes) * (isEast ? 1 : -1)
  }

  private mutating func digit() -> Int64? {
    guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
      return nil
    }
    rest.removeFirst()
    return Int64(byte - UInt8(ascii: "0"))  // bounded: a digit
  }
}
