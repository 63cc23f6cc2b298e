// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@Suite("Decimal numbers without binary fractions")
struct DecimalTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let value: Int64
    let digits: Int
    let long, short: String
    var testDescription: String { long }
  }

  @Test(
    "a number of decimal units prints exactly",
    arguments: [
      Row(value: 100_100, digits: 6, long: "0.100100", short: "0.1001"),
      Row(value: 1_000_000, digits: 6, long: "1.000000", short: "1"),
      Row(value: 0, digits: 6, long: "0.000000", short: "0"),
      Row(value: 1, digits: 6, long: "0.000001", short: "0.000001"),
      Row(value: -1, digits: 3, long: "-0.001", short: "-0.001"),
      Row(value: -1500, digits: 3, long: "-1.500", short: "-1.5"),
      Row(value: 100, digits: 0, long: "100", short: "100"),
      Row(value: 10_000_000, digits: 6, long: "10.000000", short: "10"),
      Row(value: .min, digits: 3, long: "-9223372036854775.808", short: "-9223372036854775.808"),
      Row(value: .max, digits: 9, long: "9223372036.854775807", short: "9223372036.854775807"),
    ])
  func printed(row: Row) {
    #expect(Decimal.string(row.value, digits: row.digits) == row.long)
    #expect(Decimal.shortString(row.value, digits: row.digits) == row.short)
  }

  @Test("a printed number parses to the same value", arguments: UInt64(0)..<20)
  func roundTrip(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let digits = Int.random(in: 0...9, using: &random)
    let value = Int64.random(in: 0..<1_000_000_000, using: &random)
    #expect(Decimal.parse(Decimal.string(value, digits: digits), digits: digits) == value)
    #expect(Decimal.parse(Decimal.shortString(value, digits: digits), digits: digits) == value)
  }

  @Test("a decimal number parses to its units")
  func parsed() {
    #expect(Decimal.parse("1", digits: 6) == 1_000_000)
    #expect(Decimal.parse("0.5", digits: 6) == 500_000)
    #expect(Decimal.parse("1.001", digits: 6) == 1_001_000)
    #expect(Decimal.parse("007", digits: 0) == 7)
    #expect(Decimal.parse("999999999.999999999", digits: 9) == 999_999_999_999_999_999)
  }

  @Test(
    "a text that is not a decimal number is refused",
    arguments: [
      "", ".", ".5", "1.", "-1", "+1", "1e3", "1,5", " 1", "1 ", "1.2.3", "1.-5", "１", "½", "٣",
      "1000000000", "0.1234567", "NaN", "0x1", "1\r\n",
    ])
  func refused(text: String) { #expect(Decimal.parse(text, digits: 6) == nil) }
}
