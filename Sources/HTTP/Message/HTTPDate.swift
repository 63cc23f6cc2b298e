// SPDX-License-Identifier: Apache-2.0

import Time

/// Dates of HTTP heads: IMF-fixdate, as in `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// - Source: RFC 9110 §5.6.7
package enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The date `seconds` after 1970-01-01T00:00:00Z; at least 0.
  package static func text(_ seconds: Int) -> String {
    let day = seconds / 86_400
    let date = CivilDate(daysSince1970: Int64(day))
    let time = seconds % 86_400
    return "\(days[day % 7]), \(padded(Int(date.day))) \(months[Int(date.month) - 1]) \(date.year) "
      + "\(padded(time / 3600)):\(padded(time / 60 % 60)):\(padded(time % 60)) GMT"
  }

  private static func padded(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
