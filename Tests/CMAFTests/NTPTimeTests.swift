// SPDX-License-Identifier: Apache-2.0

import CMAF
import TestSupport
import Testing
import Time

@Suite("NTP timestamps, RFC 5905 §6")
struct NTPTimeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let unix: WallTime
    let timestamp: UInt64
    var testDescription: String { "\(unix.nanoseconds)" }
  }

  @Test(
    "the upper 32 bits are seconds since 1900, the lower 32 bits their fraction",
    arguments: [
      // RFC 5905, figure 4: 1 January 1970 is 2,208,988,800; 31 December 1999 is 3,155,587,200.
      Row(unix: 0, timestamp: 2_208_988_800 << 32),
      Row(unix: 946_598_400_000_000_000, timestamp: 3_155_587_200 << 32),
      Row(unix: 500_000_000, timestamp: 2_208_988_800 << 32 | 0x8000_0000),
      Row(unix: -500_000_000, timestamp: 2_208_988_799 << 32 | 0x8000_0000),
      // A nanosecond is 4.29 units, rounded to the nearest.
      Row(unix: 1, timestamp: 2_208_988_800 << 32 | 4),
      Row(unix: 999_999_999, timestamp: 2_208_988_800 << 32 | 0xFFFF_FFFC),
      Row(unix: -2_208_988_800_000_000_000, timestamp: 0),
      // The last second of the era, 2036-02-07T06:28:15Z.
      Row(unix: 2_085_978_495_000_000_000, timestamp: 0xFFFF_FFFF << 32),
    ])
  func table(row: Row) {
    #expect(NTPTime.from(row.unix) == row.timestamp)
    #expect(NTPTime.time(of: row.timestamp) == row.unix)
  }

  @Test("the era from 2036 begins at 0")
  func nextEra() { #expect(NTPTime.from(2_085_978_496_000_000_000) == 0) }

  @Test("a time converted to NTP and back is the same nanosecond", arguments: UInt64(0)..<20)
  func roundTrip(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<200 {
      let unix = Int64.random(in: -1_000_000_000_000...2_085_978_495_000_000_000, using: &random)
      let time = WallTime(nanoseconds: unix)
      #expect(NTPTime.time(of: NTPTime.from(time)) == time)
    }
  }

  @Test("extreme timestamps convert without overflow")
  func extremes() {
    #expect(NTPTime.time(of: .max) == 2_085_978_496_000_000_000)
    _ = NTPTime.from(.distantFuture)
    _ = NTPTime.from(.distantPast)
  }
}
