// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Testing
import Time

@testable import Server

@Suite("Times in addresses of the past")
struct PastAddressTests {
  // 2026-11-20T06:22:00Z
  static let now = WallTime.origin + .seconds(1_795_155_720)

  private func address(
    _ from: String, _ to: String? = nil, rate: String = "30", segment: Int64 = 1_000_000
  ) throws -> PastAddress? {
    let segmentation = Segmentation(
      rate: try #require(FrameRate(rate)), segmentMicroseconds: segment,
      partMicroseconds: 100_000)
    return PastAddress(
      from: from, to: to, MediaNames(.epoch, first: 1), segmentation, now: Self.now)
  }

  @Test(
    "dates, seconds and numbers begin at the whole minute before",
    arguments: [
      "2026-11-20T06:20:00Z", "2026-11-20T06:20:59.999Z", "1795155600", "1795155659",
      "1795155630.5",
    ])
  func minutes(text: String) throws {
    #expect(try address(text) == PastAddress(first: 1_795_155_600))
  }

  @Test("a whole number is the number of a segment if that is closer to the present")
  func numbers() throws {
    let half = try address("3590311200", segment: 500_000)
    #expect(half == PastAddress(first: 3_590_311_200))
    #expect(try address("1795155630", segment: 500_000) == half)
    #expect(try address("897577800", segment: 2_000_000)?.first == 897_577_800)
  }

  @Test("each address is that of its own first number", arguments: ["30", "30000/1001", "25"])
  func canonical(rate: String) throws {
    for second in stride(from: 1_795_148_000, to: 1_795_155_700, by: 97) {
      let found = try #require(try address("\(second).25", rate: rate))
      #expect(try address("\(found.first)", rate: rate) == found)
    }
  }

  @Test("a span has the segments of its first and last time")
  func spans() throws {
    let span = try #require(try address("1795155600.5", "1795155603.5"))
    #expect(span.first == 1_795_155_600 && span.end == 1_795_155_604)
    #expect(span.path(MediaNames(.epoch, first: 1)) == "from/1795155600/to/1795155604")
    #expect(try address("1795155600", "1795155604") == span)
    #expect(try address("1795155604", "1795155600") == nil)
    #expect(try address("1795155600", "1795155600") == nil)
  }

  @Test("the oldest segment cuts an address, unless the whole span is older")
  func oldest() throws {
    let open = try #require(try address("1795155600"))
    #expect(open.from(1_795_155_617).first == 1_795_155_617)
    #expect(open.from(1_795_155_500) == open)
    let closed = try #require(try address("1795155600", "1795155610"))
    #expect(closed.from(1_795_155_605).first == 1_795_155_605)
    #expect(closed.from(1_795_155_610) == closed)
  }

  @Test(
    "other texts are no times",
    arguments: [
      "", "0", "-1", "1e9", "now", "999999999999", "1.2.3", ".5", "1795155600.", "\u{0661}",
      "1969-12-31T00:00:00Z",
    ])
  func others(text: String) throws {
    #expect(try address(text) == nil)
  }
}
