// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// Spans of consecutive segments without a Discontinuity between them, in order, with the time of
/// each.
package struct NumberSpans: Sendable, Equatable {
  /// Consecutive segments: their numbers, and the wall clock of the first frame and after the last.
  package struct Span: Sendable, Equatable {
    /// The numbers.
    package var numbers: ClosedRange<Int64>
    /// The times.
    package var start, end: WallTime
    /// Whether a Discontinuity precedes the first segment.
    package var startsDiscontinuity = false

    /// The numbers whose share of the time overlaps `times`; nil for none.
    func numbers(in times: Range<WallTime>) -> ClosedRange<Int64>? {
      guard start < times.upperBound, times.lowerBound < end, start < end else { return nil }
      let count = numbers.upperBound.subtractingSaturated(numbers.lowerBound).addingSaturated(1)
      let length = Int128((end - start).nanoseconds)
      func position(_ time: WallTime, roundedUp: Bool) -> Int64 {
        let scaled = Int128((time - start).nanoseconds) * Int128(count)
        let rounded = scaled + (roundedUp ? length - 1 : 0)
        // bounded: `length` is positive, and a division rounds towards zero
        return Int64(clamping: min(max(rounded / length, 0), Int128(count)))
      }
      let first = numbers.lowerBound + position(times.lowerBound, roundedUp: false)
      let last = numbers.lowerBound + position(times.upperBound, roundedUp: true) - 1
      let upper = min(last, numbers.upperBound)
      return first <= upper ? first...upper : nil
    }

    /// The start of a number, as its share of the time.
    func start(of number: Int64) -> WallTime {
      let count = numbers.upperBound.subtractingSaturated(numbers.lowerBound).addingSaturated(1)
      let index = Int128(number.subtractingSaturated(numbers.lowerBound))
      // bounded: a count of at least 1
      let offset = Int128((end - start).nanoseconds) * index / Int128(max(count, 1))
      return start + Interval(nanoseconds: Int64(clamping: offset))
    }
  }

  /// The spans, in the order of their numbers; none overlaps another.
  package private(set) var spans: [Span] = []

  /// Whether a span has the number.
  package func contains(_ number: Int64) -> Bool { span(with: number) != nil }

  /// The span with a number; nil for none.
  package func span(with number: Int64) -> Span? {
    let index = spans.partition { $0.numbers.upperBound < number }
    guard index < spans.count, spans[index].numbers.contains(number) else { return nil }
    return spans[index]
  }

  /// Adds a span; numbers that exist keep their times.
  package mutating func add(_ span: Span) {
    let (first, last) = (span.numbers.lowerBound, span.numbers.upperBound)
    guard !contains(first), !contains(last) else { return }
    let index = spans.partition { $0.numbers.upperBound < first }
    guard index == spans.count || last < spans[index].numbers.lowerBound else { return }
    spans.insert(span, at: index)
    join(at: index + 1)
    join(at: index)
  }

  /// Joins a span and the one before it, if their numbers are consecutive and no Discontinuity is
  /// between them.
  private mutating func join(at index: Int) {
    guard index > 0, index < spans.count,
      spans[index - 1].numbers.upperBound.addingSaturated(1) == spans[index].numbers.lowerBound,
      !spans[index].startsDiscontinuity
    else { return }
    let next = spans.remove(at: index)
    spans[index - 1].numbers =
      spans[index - 1].numbers.lowerBound...next.numbers.upperBound
    spans[index - 1].end = max(spans[index - 1].end, next.end)
  }

  /// Removes the numbers with media in `times`.
  ///
  /// - Returns: the removed numbers.
  package mutating func remove(in times: Range<WallTime>) -> [ClosedRange<Int64>] {
    var removed: [ClosedRange<Int64>] = []
    var kept: [Span] = []
    for span in spans {
      guard let numbers = span.numbers(in: times) else {
        kept.append(span)
        continue
      }
      removed.append(numbers)
      if span.numbers.lowerBound < numbers.lowerBound {
        // bounded: greater than the lower bound of the span
        let end = numbers.lowerBound - 1
        kept.append(
          Span(
            numbers: span.numbers.lowerBound...end, start: span.start,
            end: span.start(of: numbers.lowerBound), startsDiscontinuity: span.startsDiscontinuity))
      }
      if numbers.upperBound < span.numbers.upperBound {
        // bounded: less than the upper bound of the span
        let start = numbers.upperBound + 1
        kept.append(
          Span(
            numbers: start...span.numbers.upperBound, start: span.start(of: start), end: span.end))
      }
    }
    spans = kept
    return removed
  }
}
