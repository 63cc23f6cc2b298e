import CLinux
import Sharing

/// Dates of HTTP heads: IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// - Source: RFC 9110 §5.6.7
package enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// The date at `seconds` since 1970, not before.
  package static func text(_ seconds: Int) -> String {
    let dayNumber = seconds / 86_400
    // Days to year, month and day in the proleptic Gregorian calendar, in years from March on.
    let shifted = dayNumber + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 2 : shiftedMonth - 10
    let year = yearOfEra + era * 400 + (month < 2 ? 1 : 0)
    let time = seconds % 86_400
    return "\(days[dayNumber % 7]), \(padded(day)) \(months[month]) \(year) "
      + "\(padded(time / 3600)):\(padded(time / 60 % 60)):\(padded(time % 60)) GMT"
  }

  private static func padded(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}

/// The end of every head: `Date`, `Connection` where it is needed, the empty line.
///
/// Made once a
/// second for all responses of a loop.
struct HeadTails {
  private var validUntil = Int64.min
  private var persistent = SharedBytes([])
  private var closing = SharedBytes([])
  private var keptAlive = SharedBytes([])
  private var dateText = SharedBytes([])

  /// What a head says about the connection.
  enum Persistence {
    /// Nothing: HTTP/1.1 goes on of itself.
    case implied
    /// `keep-alive`, which HTTP/1.0 needs to be told.
    case told
    /// `close`.
    case closes
  }

  /// The bytes that end a head at the monotonic time `now`.
  mutating func tail(_ persistence: Persistence, now: Int64) -> SharedBytes {
    if now >= validUntil { renew(now) }
    return switch persistence {
    case .implied: persistent
    case .told: keptAlive
    case .closes: closing
    }
  }

  /// The value of `Date` alone.
  mutating func date(now: Int64) -> SharedBytes {
    if now >= validUntil { renew(now) }
    return dateText
  }

  private mutating func renew(_ now: Int64) {
    let wall = clinux_clock_ns(CLOCK_REALTIME)
    validUntil = now + 1_000_000_000 - wall % 1_000_000_000
    let text = HTTPDate.text(Int(wall / 1_000_000_000))
    dateText = SharedBytes(text)
    let date = "Date: \(text)\r\n"
    persistent = SharedBytes(date + "\r\n")
    closing = SharedBytes(date + "Connection: close\r\n\r\n")
    keptAlive = SharedBytes(date + "Connection: keep-alive\r\n\r\n")
  }
}
