// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@Suite("Frame rates: a frame is a whole number of ticks")
struct FrameRateTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let text: String
    let numerator, denominator: Int64
    let timescale: Int32
    let ticks: Int64
    let printed, decimal: String
    var testDescription: String { text }
  }

  /// Timescale 90000 if the numerator divides 90000·denominator, else the numerator.
  static let rows: [Row] = [
    Row(
      text: "30", numerator: 30, denominator: 1, timescale: 90_000, ticks: 3000, printed: "30",
      decimal: "30.000"),
    Row(
      text: "25", numerator: 25, denominator: 1, timescale: 90_000, ticks: 3600, printed: "25",
      decimal: "25.000"),
    Row(
      text: "30000/1001", numerator: 30_000, denominator: 1001, timescale: 90_000, ticks: 3003,
      printed: "30000/1001", decimal: "29.970"),
    Row(
      text: "29.97", numerator: 30_000, denominator: 1001, timescale: 90_000, ticks: 3003,
      printed: "30000/1001", decimal: "29.970"),
    // 90000·1001 / 24000 = 3753.75, so the timescale is the numerator.
    Row(
      text: "24000/1001", numerator: 24_000, denominator: 1001, timescale: 24_000, ticks: 1001,
      printed: "24000/1001", decimal: "23.976"),
    Row(
      text: "23.976", numerator: 24_000, denominator: 1001, timescale: 24_000, ticks: 1001,
      printed: "24000/1001", decimal: "23.976"),
    // 90000·1001 / 60000 = 1501.5.
    Row(
      text: "60000/1001", numerator: 60_000, denominator: 1001, timescale: 60_000, ticks: 1001,
      printed: "60000/1001", decimal: "59.940"),
    Row(
      text: "12.5", numerator: 25, denominator: 2, timescale: 90_000, ticks: 7200, printed: "25/2",
      decimal: "12.500"),
    Row(
      text: "50/2", numerator: 25, denominator: 1, timescale: 90_000, ticks: 3600, printed: "25",
      decimal: "25.000"),
    Row(
      text: "7", numerator: 7, denominator: 1, timescale: 7, ticks: 1, printed: "7",
      decimal: "7.000"),
    Row(
      text: "1000", numerator: 1000, denominator: 1, timescale: 90_000, ticks: 90,
      printed: "1000", decimal: "1000.000"),
  ]

  @Test("a rate is parsed and reduced, and has the timescale and text of its row", arguments: rows)
  func table(row: Row) throws {
    let rate = try #require(FrameRate(row.text))
    #expect(rate.numerator == row.numerator)
    #expect(rate.denominator == row.denominator)
    #expect(rate.timescale == row.timescale)
    #expect(rate.ticksPerFrame == row.ticks)
    #expect(rate.description == row.printed)
    #expect(rate.decimal == row.decimal)
  }

  @Test("a printed rate parses to the same rate", arguments: rows)
  func roundTrip(row: Row) throws {
    let rate = try #require(FrameRate(row.text))
    #expect(FrameRate(rate.description) == rate)
  }

  @Test("a frame is a whole number of ticks at every accepted rate")
  func wholeTicks() {
    for numerator in Int64(1)...600 {
      for denominator in [Int64(1), 2, 3, 7, 1000, 1001] {
        guard let rate = FrameRate(numerator, denominator) else { continue }
        let product = Int64(rate.timescale) * rate.denominator
        #expect(product % rate.numerator == 0, "\(rate)")
        #expect(rate.ticksPerFrame * rate.numerator == product, "\(rate)")
      }
    }
  }

  @Test(
    "a text that is not a rate is refused",
    arguments: [
      "", "0", "-30", "-0.5", "+30", "12.+5", "30/0", "30/-1", "30/+1", "0/1", "1001", "a", "30.",
      ".5", "1/2/3", "30000/", "/1001", "1.2345", "NaN", "３０", "30 ", "9223372036854775808",
      "-9223372036854775808.5", "9223372036854775807/9223372036854775807",
    ])
  func refused(text: String) { #expect(FrameRate(text) == nil) }

  @Test("the duration of a frame is rounded down to nanoseconds")
  func frameDuration() {
    #expect(FrameRate(30)?.frameDuration == 33_333_333)
    #expect(FrameRate(30_000, 1001)?.frameDuration == 33_366_666)
    #expect(FrameRate(25)?.frameDuration == 40_000_000)
  }
}
