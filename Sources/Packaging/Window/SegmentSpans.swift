// SPDX-License-Identifier: Apache-2.0

import Time

/// Segments that have media, as spans of consecutive numbers with one CMAF header each.
package struct SegmentSpans: Sendable, Equatable {
  /// Consecutive segments with one CMAF header.
  package struct Span: Sendable, Equatable {
    /// The numbers of the segments.
    package var numbers: ClosedRange<Int64>
    /// The hash of their CMAF header.
    package let headerHash: String

    /// The segments with these numbers.
    package init(numbers: ClosedRange<Int64>, headerHash: String) {
      self.numbers = numbers
      self.headerHash = headerHash
    }
  }

  /// The most spans; the oldest ones are left out.
  package static let maximumCount = 1000

  /// The spans, oldest first; none overlaps another one.
  package private(set) var spans: [Span] = []

  /// No segment.
  package init() {}

  /// The number of the first and of the last segment; nil without any.
  package var extent: ClosedRange<Int64>? {
    guard let first = spans.first, let last = spans.last else { return nil }
    return first.numbers.lowerBound...last.numbers.upperBound
  }

  /// Adds segments after the last one; numbers that are known are left out.
  package mutating func append(_ span: Span) {
    let next = spans.last.map { $0.numbers.upperBound.addingSaturated(1) } ?? .min
    let first = max(next, span.numbers.lowerBound)
    guard first <= span.numbers.upperBound else { return }
    if let last = spans.indices.last, first == next, spans[last].headerHash == span.headerHash {
      spans[last].numbers = spans[last].numbers.lowerBound...span.numbers.upperBound
      return
    }
    spans.append(Span(numbers: first...span.numbers.upperBound, headerHash: span.headerHash))
    if spans.count > Self.maximumCount { spans.removeFirst() }
  }

  /// Adds the segments with media after the last one; those with known numbers are left out.
  package mutating func append(_ segments: some Sequence<PastSegment>) {
    for segment in segments where !segment.isGap {
      append(Span(numbers: segment.number...segment.number, headerHash: segment.headerHash))
    }
  }

  /// Leaves out the segments before `number`.
  package mutating func removeAll(before number: Int64) {
    spans.removeAll { $0.numbers.upperBound < number }
    guard let first = spans.first, first.numbers.lowerBound < number else { return }
    spans[0].numbers = number...first.numbers.upperBound
  }

  /// The numbers without media between the spans.
  package var gaps: [ClosedRange<Int64>] {
    zip(spans, spans.dropFirst()).compactMap { before, after in
      let first = before.numbers.upperBound.addingSaturated(1)
      let end = after.numbers.lowerBound
      return first < end ? first...end.subtractingSaturated(1) : nil
    }
  }

  /// The first segment of each CMAF header in turn.
  package var headers: [(first: Int64, hash: String)] {
    var found: [(first: Int64, hash: String)] = []
    for span in spans where found.last?.hash != span.headerHash {
      found.append((span.numbers.lowerBound, span.headerHash))
    }
    return found
  }
}
