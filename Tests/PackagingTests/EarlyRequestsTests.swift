// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import TestSupport
import Testing
import Time

@Suite("How early a segment may be requested: H = clamp(2·SD, 1 s, 4 s)")
struct EarlyRequestsTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let segment: Int64
    let horizon: Interval
    let holdsNext: Bool
    var testDescription: String { "\(segment) µs" }
  }

  @Test(
    "the horizon is two segments, at least one second and at most four",
    arguments: [
      Row(segment: 200_000, horizon: 1_000_000_000, holdsNext: true),
      Row(segment: 500_000, horizon: 1_000_000_000, holdsNext: true),
      Row(segment: 1_000_000, horizon: 2_000_000_000, holdsNext: true),
      Row(segment: 2_000_000, horizon: 4_000_000_000, holdsNext: true),
      Row(segment: 4_000_000, horizon: 4_000_000_000, holdsNext: true),
      // "with SD > 4 s it would not be: then none is listed" (CH-02).
      Row(segment: 4_100_000, horizon: 4_000_000_000, holdsNext: false),
      Row(segment: 6_000_000, horizon: 4_000_000_000, holdsNext: false),
    ])
  func table(row: Row) throws {
    let segmentation = Segmentation(
      rate: try #require(FrameRate(30)), segmentMicroseconds: row.segment,
      partMicroseconds: 100_000)
    #expect(EarlyRequests.horizon(segmentation) == row.horizon)
    #expect(EarlyRequests.holdsNext(segmentation) == row.holdsNext)
  }
}
