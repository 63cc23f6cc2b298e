// SPDX-License-Identifier: Apache-2.0

/// A moment in UTC as its calendar fields, from nanoseconds since 1970; whole milliseconds, rounded
/// down.
package struct UTCTime: Sendable, Equatable {
  /// Calendar date, proleptic Gregorian.
  package let year: Int64
  /// 1…12.
  package let month: Int64
  /// 1…31.
  package let day: Int64
  /// 0…86,399,999: milliseconds since midnight.
  package let milliseconds: Int64

  /// The moment `nanoseconds` after 1970-01-01T00:00:00Z.
  package init(nanoseconds: Int64) {
    let total = Int64(floorDivide(Int128(nanoseconds), 1_000_000))
    let days = Int64(floorDivide(Int128(total), 86_400_000))
    milliseconds = total - days * 86_400_000
    // Days since 0000-03-01, in 400-year eras: the leap day is the last day of a year that begins
    // in March.
    let shifted = days + 719_468
    let era = Int64(floorDivide(Int128(shifted), 146_097))
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// `2026-11-20T08:15:36.250Z`.
  package var text: String {
    "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(timeOfDay)Z"
  }

  /// `08:15:36.250`.
  package var timeOfDay: String {
    let seconds = milliseconds / 1000
    return "\(pad(seconds / 3600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2))"
      + ".\(pad(milliseconds % 1000, 3))"
  }

  /// `2026-11-20T08:15:36.250123Z`: the moment `nanoseconds` after 1970 to the microsecond, rounded
  /// down.
  package static func microseconds(_ nanoseconds: Int64) -> String {
    let time = UTCTime(nanoseconds: nanoseconds)
    let micro = Int64(
      floorDivide(Int128(nanoseconds), 1000) - 1000 * floorDivide(Int128(nanoseconds), 1_000_000))
    return time.text.dropLast() + time.pad(micro, 3) + "Z"
  }

  private func pad(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
