// SPDX-License-Identifier: Apache-2.0

package import Packaging
package import Time

extension ArchiveReader {
  /// The hours of a rendition that only the object store has.
  func stored(_ rendition: String) -> [StoredHour] {
    findsStored ? catalog.read { $0.stored(rendition) } : []
  }

  /// The segments of a rendition from number `first` on, as spans in the order of their numbers.
  ///
  /// Files without a gap are known by their sums; of the others the index is read, of hours that
  /// only the object store has the marks. `isValid` accepts the number and the start of a segment.
  package func spans(
    of rendition: String, from first: Int64,
    where isValid: (Int64, WallTime) -> Bool = { _, _ in true }
  ) throws(ArchiveFailure) -> [SegmentSpans.Span] {
    var spans: [SegmentSpans.Span] = []
    let hidden = hidden
    let stored = stored(rendition)
    for hour in stored where hour.summary.last >= first {
      // The index, on another machine, is not needed.
      for span in hour.spans.spans where isValid(span.numbers.lowerBound, span.start) {
        spans.append(
          SegmentSpans.Span(numbers: span.numbers, headerHash: hour.name.headerHash))
      }
    }
    let names = Set(stored.map(\.name))
    for hour in try summaries(of: rendition)
    where hour.summary.last >= first && !names.contains(hour.name) {
      let (name, summary) = (hour.name, hour.summary)
      let numbers = summary.first...max(summary.first, summary.last)
      let length = numbers.upperBound.subtractingSaturated(numbers.lowerBound)
      let isHidden = hidden.contains { $0.overlaps(summary.start, summary.end) }
      if Int64(summary.count) > length, !isHidden {
        guard isValid(summary.first, summary.start) else { continue }
        spans.append(SegmentSpans.Span(numbers: numbers, headerHash: name.headerHash))
        continue
      }
      var found = SegmentSpans()
      for segment in try rows(of: name, rendition)
      where isValid(segment.number, segment.row.start) {
        found.append(
          SegmentSpans.Span(
            numbers: segment.number...segment.number, headerHash: segment.headerHash))
      }
      spans += found.spans
    }
    return spans.sorted { $0.numbers.lowerBound < $1.numbers.lowerBound }
  }

  /// The segments of a rendition with numbers of a span, in their order, with their times.
  ///
  /// The times of segments that only the object store has are those of their marks: no index is
  /// read from there.
  package func outline(
    _ numbers: ClosedRange<Int64>, of rendition: String
  ) throws(ArchiveFailure) -> [SegmentOutline] {
    var found: [SegmentOutline] = []
    for hour in stored(rendition) {
      for span in hour.spans.spans where span.numbers.overlaps(numbers) {
        for number in span.numbers.clamped(to: numbers) {
          found.append(
            SegmentOutline(
              number: number, start: span.start(of: number),
              startsDiscontinuity: span.startsDiscontinuity && number == span.numbers.lowerBound,
              headerHash: hour.name.headerHash))
        }
      }
    }
    found += try segments(numbers, of: rendition, onDisk: true).map { segment in
      SegmentOutline(
        number: segment.number, start: segment.row.start,
        startsDiscontinuity: segment.row.startsDiscontinuity, headerHash: segment.headerHash)
    }
    found.sort { $0.number < $1.number }
    var last: Int64 = -1
    return found.filter { segment in
      defer { last = max(last, segment.number) }
      return segment.number > last
    }
  }
}

/// The place of a segment in time.
package struct SegmentOutline: Sendable, Equatable {
  /// Its number.
  package let number: Int64
  /// The wall clock of its first frame.
  package let start: WallTime
  /// Whether a Discontinuity precedes it.
  package let startsDiscontinuity: Bool
  /// The hash of its CMAF header.
  package let headerHash: String
}
