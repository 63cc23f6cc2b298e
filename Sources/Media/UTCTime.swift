// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// An instant in UTC as calendar fields; whole milliseconds, rounded down.
package struct UTCTime: Sendable, Equatable {
  /// The year of the proleptic Gregorian calendar.
  package let year: Int64
  /// The month, 1…12.
  package let month: Int64
  /// The day of the month, 1…31.
  package let day: Int64
  /// Milliseconds since midnight, 0…86,399,999.
  package let milliseconds: Int64

  /// The calendar fields of an instant of the wall clock.
  package init(_ time: WallTime) {
    let total = time.milliseconds
    let days = Int64(floorDivide(Int128(total), 86_400_000))
    milliseconds = total - days * 86_400_000  // bounded: days are a quotient of the total
    let date = CivilDate(daysSince1970: days)
    (year, month, day) = (date.year, date.month, date.day)
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

  /// `2026-11-20T08:15:36.250123Z`: an instant of the wall clock, rounded down to a microsecond.
  package static func microseconds(_ time: WallTime) -> String {
    let fields = UTCTime(time)
    let micro = Int64(
      floorDivide(Int128(time.nanoseconds), 1000) - 1000 * Int128(time.milliseconds))
    return fields.text.dropLast() + fields.pad(micro, 3) + "Z"
  }

  private func pad(_ value: Int64, _ width: Int) -> String { padded("\(value)", to: width) }
}
