// SPDX-License-Identifier: Apache-2.0

import Time

/// Dates of MPDs and playlists: pure.
///
/// - Source: ISO 8601; XML Schema Part 2 §3.2.7, `dateTime`
enum ISODate {
  /// A date such as `1970-01-01T00:00:01.000Z` or `1970-01-01T01:00:01+01:00`.
  ///
  /// - Returns: nil for another text, also for a date without a time zone.
  static func time(_ text: some StringProtocol) -> WallTime? {
    guard
      let match = String(text).wholeMatch(
        of: #/(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,12})?(?:Z|([+-])(\d\d):?(\d\d))/#),
      let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3),
      let hour = Int64(match.4), let minute = Int64(match.5), let second = Int64(match.6),
      (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    // Days since 1970 by the calendar with its year from March on.
    let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
    // bounded: years of four digits, and a fraction below one
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468
    let fraction = match.7.flatMap { Double("0" + $0) } ?? 0
    // bounded: two digits each
    let east = (match.9.flatMap { Int64($0) } ?? 0) * 60 + (match.10.flatMap { Int64($0) } ?? 0)
    let offset = match.8 == "-" ? -east : east
    // bounded: as the days
    return .origin + .seconds(days * 86_400 + hour * 3600 + (minute - offset) * 60 + second)
      + .nanoseconds(Int64(fraction * 1e9))
  }
}
