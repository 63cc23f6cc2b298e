// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// Times as text in an MPD: whole microseconds, rounded down, without trailing zeros.
enum MPDTime {
  /// `PT1.001S`, an xs:duration.
  static func duration(_ interval: Interval) -> String {
    "PT\(Decimal.shortString(interval.microseconds, digits: 6))S"
  }

  /// `2026-11-20T08:15:36.250Z`, an xs:dateTime; with microseconds if it has any.
  static func dateTime(_ time: WallTime) -> String {
    let exact = UTCTime.microseconds(time)
    return exact.hasSuffix("000Z") ? UTCTime(time).text : exact
  }
}
