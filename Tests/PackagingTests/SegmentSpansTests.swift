// SPDX-License-Identifier: Apache-2.0

import Packaging
import Testing
import Time

@Suite("Spans of segments with media")
struct SegmentSpansTests {
  private func span(_ numbers: ClosedRange<Int64>, _ header: String = "a") -> SegmentSpans.Span {
    SegmentSpans.Span(numbers: numbers, headerHash: header)
  }

  @Test("consecutive spans are joined, known numbers are left out, others are gaps")
  func joined() {
    var spans = SegmentSpans()
    for one in [span(10...12), span(13...14), span(12...16), span(20...21), span(15...20)] {
      spans.append(one)
    }
    #expect(spans.spans == [span(10...16), span(20...21)])
    #expect(spans.gaps == [17...19] && spans.extent == 10...21)
  }

  @Test("another header begins a span without a gap")
  func headers() {
    var spans = SegmentSpans()
    for one in [span(1...2), span(3...4, "b"), span(7...8, "b"), span(9...9)] { spans.append(one) }
    #expect(spans.gaps == [5...6])
    #expect(spans.headers.map(\.first) == [1, 3, 9])
    #expect(spans.headers.map(\.hash) == ["a", "b", "a"])
  }

  @Test("segments of a window are added, except gaps")
  func window() {
    var spans = SegmentSpans()
    spans.append(span(1...4))
    spans.append(
      (3...8).map { number in
        PastSegment(
          number: number, duration: 1, programDateTime: .origin, startsDiscontinuity: false,
          headerHash: "a", isGap: number == 6)
      })
    #expect(spans.spans == [span(1...5), span(7...8)])
  }

  @Test("segments before a number are left out, and the number of spans is bounded")
  func removal() {
    var spans = SegmentSpans()
    for number in 0..<2000 { spans.append(span(Int64(number) * 2...Int64(number) * 2)) }
    #expect(spans.spans.count == SegmentSpans.maximumCount && spans.extent == 2000...3998)
    spans.append(span(4000...4010))
    spans.removeAll(before: 4003)
    #expect(spans.spans == [span(4003...4010)])
    spans.removeAll(before: 5000)
    #expect(spans.extent == nil)
  }
}
