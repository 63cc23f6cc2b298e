// SPDX-License-Identifier: Apache-2.0

import Checked
import Net
import Sharing
import Time

/// The end of every HTTP/1.1 head: `Date`, `Connection` if needed, the empty line.
///
/// Rendered once per second for all responses of a loop.
struct HeadSuffix {
  private var validUntil = MonotonicTime.distantPast
  private var persistent = SharedBytes([])
  private var closing = SharedBytes([])
  private var keptAlive = SharedBytes([])
  private var dateText = SharedBytes([])

  /// The `Connection` field of a head.
  enum Persistence {
    /// No field: an HTTP/1.1 connection persists by default.
    case implied
    /// `keep-alive`, which HTTP/1.0 requires.
    case told
    /// `close`.
    case closes
  }

  /// Appends the end of a head that is written at the monotonic time `now`; it lives until a later
  /// time is given.
  mutating func append(_ persistence: Persistence, to batch: WriteBatch, now: MonotonicTime) {
    if now >= validUntil { renew(now) }
    switch persistence {
    case .implied: batch.append(persistent)
    case .told: batch.append(keptAlive)
    case .closes: batch.append(closing)
    }
  }

  /// The value of `Date` alone.
  mutating func date(now: MonotonicTime) -> SharedBytes {
    if now >= validUntil { renew(now) }
    return dateText
  }

  private mutating func renew(_ now: MonotonicTime) {
    let wall = SystemClock.wallTime - .origin
    validUntil = now + (.seconds(wall.wholeSeconds + 1) - wall)
    let text = HTTPDate.text(Int(wall.wholeSeconds))
    dateText = SharedBytes(text)
    let date = "Date: \(text)\r\n"
    persistent = SharedBytes(date + "\r\n")
    closing = SharedBytes(date + "Connection: close\r\n\r\n")
    keptAlive = SharedBytes(date + "Connection: keep-alive\r\n\r\n")
  }
}

/// Dates of HTTP heads: IMF-fixdate, as in `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// - Source: RFC 9110 §5.6.7
package enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The dates that four digits of a year can express: 0000-03-01 to 9999-12-31.
  private static let range = -62_162_035_200...253_402_300_799

  /// The date `seconds` after 1970-01-01T00:00:00Z, which may be negative.
  package static func text(_ seconds: Int) -> String {
    let seconds = min(range.upperBound, max(range.lowerBound, seconds))
    let time = ((seconds % 86_400) + 86_400) % 86_400
    let day = (seconds - time) / 86_400
    let date = CivilDate(daysSince1970: Int64(day))
    let weekday = days[((day % 7) + 7) % 7]
    func two(_ number: Int) -> String { padded("\(number)", to: 2) }
    return "\(weekday), \(two(Int(date.day))) \(months[Int(date.month) - 1]) "
      + "\(padded("\(date.year)", to: 4)) "
      + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
  }
}
