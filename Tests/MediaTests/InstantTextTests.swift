// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@Suite("Instants in URLs: ISO 8601 and seconds since 1970")
struct InstantTextTests {
  @Test(
    "dates with a zone and seconds are read to the nanosecond",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("0", 0), ("1.5", 1_500_000_000),
      ("2026-11-23T22:48:15.25Z", 1_795_474_095_250_000_000),
      ("1795474095.25", 1_795_474_095_250_000_000),
      ("2026-11-23T23:48:15.25+01:00", 1_795_474_095_250_000_000),
      ("2026-11-23T21:18:15.25-0130", 1_795_474_095_250_000_000),
      ("2024-02-29T12:00:00Z", 1_709_208_000_000_000_000),
      ("1795474095.123456789999", 1_795_474_095_123_456_789),
    ] as [(String, Int64)])
  func read(text: String, nanoseconds: Int64) {
    #expect(InstantText.time(text)?.nanoseconds == nanoseconds)
  }

  @Test(
    "other texts are refused",
    arguments: [
      "", "now", "-1", "1.", ".5", "1e9", "1795474095,5", "179547409500", "2026-11-23",
      "2026-11-23T22:48:15", "2026-11-23T22:48Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
      "2026-11-23T24:00:00Z", "2026-11-23T22:60:00Z", "2026-11-23 22:48:15Z",
      "2026-11-23T22:48:15.Z", "2026-11-23T22:48:15Zx", "1969-12-31T23:59:59Z",
      "2026-11-23T22:48:15+1:00", "٢", String(repeating: "1", count: 60),
    ])
  func refused(text: String) {
    #expect(InstantText.time(text) == nil)
  }

  @Test("the text of a frame time is an instant of that frame, whatever the rate")
  func frames() throws {
    for rate in [FrameRate(30), FrameRate(30_000, 1001), FrameRate(24_000, 1001)] {
      let rate = try #require(rate)
      for index in Int64(53_000_000_000)..<53_000_000_050 {
        let text = InstantText.text(
          Int128(index) * Int128(rate.denominator), timescale: rate.numerator)
        let time = try #require(InstantText.time(text))
        let exact = Int128(time.nanoseconds) * Int128(rate.numerator)
        #expect(floorDivide(exact, Int128(rate.denominator) * 1_000_000_000) == index, "\(text)")
      }
    }
  }
}
