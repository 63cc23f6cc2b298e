// SPDX-License-Identifier: Apache-2.0

import Media

/// Times as text in an MPD: whole microseconds, rounded down, without trailing zeros.
enum MPDTime {
  /// `PT1.001S`, an xs:duration of `nanoseconds`.
  static func duration(_ nanoseconds: Int64) -> String {
    "PT\(Decimal.shortString(nanoseconds / 1000, digits: 6))S"
  }

  /// `2026-11-20T08:15:36.250Z`, an xs:dateTime; with microseconds if it has any.
  static func dateTime(_ nanoseconds: Int64) -> String {
    let (plain, exact) = (UTCTime(nanoseconds: nanoseconds).text, UTCTime.microseconds(nanoseconds))
    return exact.hasSuffix("000Z") ? plain : exact
  }
}
