// SPDX-License-Identifier: Apache-2.0

/// A date of the proleptic Gregorian calendar.
public struct CivilDate: Sendable, Hashable {
  /// The year; 0 is the year before year 1.
  public let year: Int64
  /// The month, 1…12.
  public let month: Int64
  /// The day of the month, 1…31.
  public let day: Int64

  /// The date `days` after 1970-01-01.
  ///
  /// Counts from 0000-03-01 in eras of 400 years: the leap day is the last day of a year that
  /// begins in March.
  /// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`
  public init(daysSince1970 days: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    // bounded: an era is a quotient by 146,097, and the rest are days of 400 years
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    // bounded: days and years of one era
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    // bounded: fewer years than the days of which they are
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// The date with these numbers; nil if there is none.
  public init?(year: Int64, month: Int64, day: Int64) {
    guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else {
      return nil
    }
    (self.year, self.month, self.day) = (year, month, day)
    // The 31st of a shorter month is a day of the next one.
    guard CivilDate(daysSince1970: daysSince1970) == self else { return nil }
  }

  /// The days since 1970-01-01; negative before.
  ///
  /// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`
  public var daysSince1970: Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    // bounded: years, months and days of dates
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
