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
}
