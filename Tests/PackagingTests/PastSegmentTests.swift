// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Testing
import Time

@Suite("The segments of a span of the past")
struct PastSegmentTests {
  @Test("a healed segment of another encoder, and the next own one, follow a Discontinuity")
  func headers() {
    let segmentation = TrackSegmentation.video(
      Segmentation(rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000))
    func segment(_ number: Int64, _ header: String) -> PastSegment {
      PastSegment(
        number: number, duration: 90_000, programDateTime: .origin + number * .seconds(1),
        startsDiscontinuity: false, headerHash: header)
    }
    let found = segmentation.filled(
      [
        segment(100, "aaaaaaaa"), segment(101, "bbbbbbbb"), segment(102, "bbbbbbbb"),
        segment(104, "bbbbbbbb"), segment(105, "aaaaaaaa"), segment(106, "aaaaaaaa"),
      ], 100..<107, header: "cccccccc")
    #expect(found.map(\.number) == Array(100..<107))
    #expect(found.filter(\.startsDiscontinuity).map(\.number) == [101, 105])
    #expect(found.filter(\.isGap).map(\.number) == [103])
  }

  @Test("numbers that jump after a restart, and other headers, follow a Discontinuity")
  func joined() {
    let segments = [(100, "a"), (101, "a"), (900, "a"), (901, "b"), (902, "b")].map {
      PastSegment(
        number: $0.0, duration: 90_000, programDateTime: .origin + Int64($0.0) * .seconds(1),
        startsDiscontinuity: false, headerHash: $0.1)
    }
    let found = PastSegment.joined(segments)
    #expect(found.map(\.number) == segments.map(\.number))
    #expect(found.filter(\.startsDiscontinuity).map(\.number) == [900, 901])
  }
}
