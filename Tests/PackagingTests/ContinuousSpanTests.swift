// SPDX-License-Identifier: Apache-2.0

import Packaging
import Testing
import Time

@Suite("The newest segments without a break")
struct ContinuousSpanTests {
  private func segment(
    _ number: Int64, discontinuity: Bool = false, header: String = "aaaaaaaa", isGap: Bool = false
  ) -> PastSegment {
    PastSegment(
      number: number, duration: 90_000, programDateTime: .origin + number * .seconds(1),
      startsDiscontinuity: discontinuity, headerHash: header, isGap: isGap)
  }

  @Test("known segments change nothing")
  func overlap() {
    var span = ContinuousSpan(from: 10)
    span.append((10...14).map { segment($0) })
    span.append((12...16).map { segment($0) })
    #expect(span.start == 10 && span.end == 17)
  }

  @Test("a missing number, a gap, a Discontinuity and another header begin a new span")
  func breaks() {
    let cases: [([PastSegment], Int64)] = [
      ([segment(10), segment(12)], 12),
      ([segment(10), segment(11, isGap: true), segment(12)], 12),
      ([segment(10), segment(11, discontinuity: true), segment(12)], 11),
      ([segment(10), segment(11, header: "bbbbbbbb"), segment(12, header: "bbbbbbbb")], 11),
      ([segment(13)], 13),
    ]
    for (segments, start) in cases {
      var span = ContinuousSpan(from: 10)
      span.append(segments)
      #expect(span.start == start && span.end == (segments.last?.number ?? 0) + 1)
    }
  }

  @Test("segments that left are removed")
  func removal() {
    var span = ContinuousSpan(from: 10)
    span.append((10...14).map { segment($0) })
    span.removeAll(before: 12)
    span.removeAll(before: 11)
    #expect(span.start == 12)
  }
}
