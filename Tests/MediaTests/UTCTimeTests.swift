// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@Suite("UTC as calendar fields, ISO 8601")
struct UTCTimeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let nanoseconds: Int64
    let text: String
    var testDescription: String { text }
  }

  /// Checked with `date -u -d @SECONDS`.
  static let rows: [Row] = [
    Row(nanoseconds: 0, text: "1970-01-01T00:00:00.000Z"),
    Row(nanoseconds: -1, text: "1969-12-31T23:59:59.999Z"),
    Row(nanoseconds: 1_795_155_720_000_000_000, text: "2026-11-20T06:22:00.000Z"),
    Row(nanoseconds: 1_795_155_720_250_999_999, text: "2026-11-20T06:22:00.250Z"),
    Row(nanoseconds: 951_782_399_999_999_999, text: "2000-02-28T23:59:59.999Z"),
    Row(nanoseconds: 951_782_400_000_000_000, text: "2000-02-29T00:00:00.000Z"),
    Row(nanoseconds: 951_868_800_000_000_000, text: "2000-03-01T00:00:00.000Z"),
    Row(nanoseconds: 1_835_395_200_000_000_000, text: "2028-02-29T00:00:00.000Z"),
    Row(nanoseconds: 1_798_761_599_999_000_000, text: "2026-12-31T23:59:59.999Z"),
    Row(nanoseconds: 4_107_542_399_000_000_000, text: "2100-02-28T23:59:59.000Z"),
    Row(nanoseconds: 4_107_542_400_000_000_000, text: "2100-03-01T00:00:00.000Z"),
    Row(nanoseconds: -2_203_891_200_000_000_000, text: "1900-03-01T00:00:00.000Z"),
  ]

  @Test("a time prints with milliseconds, rounded down, and its zone", arguments: rows)
  func table(row: Row) { #expect(UTCTime(WallTime(nanoseconds: row.nanoseconds)).text == row.text) }

  @Test("each day from 1900 to 2200 has the date after the day before")
  func everyDay() {
    let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var (year, month, day) = (Int64(1900), Int64(1), Int64(1))
    for days in Int64(-25_567)..<84_006 {
      let time = UTCTime(.origin + .seconds(days * 86_400))
      #expect([time.year, time.month, time.day, time.milliseconds] == [year, month, day, 0])
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      day += 1
      if day > lengths[Int(month) - 1] + (month == 2 && isLeap ? 1 : 0) {
        (month, day) = (month + 1, 1)
      }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
    #expect(year == 2200)
  }

  @Test("the time of day has hours to milliseconds, without a zone")
  func timeOfDay() {
    #expect(UTCTime(1_795_155_720_007_000_000).timeOfDay == "06:22:00.007")
  }
}
