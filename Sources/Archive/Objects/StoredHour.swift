// SPDX-License-Identifier: Apache-2.0

import Time

/// An hour whose media and index the object store has: the disk needs none of its files.
package struct StoredHour: Sendable, Equatable {
  /// The name of its file.
  let name: HourName
  /// Its segments.
  let spans: NumberSpans
  /// The number of segments in the index that was put.
  let indexed: Int
  /// The first and the last of them; the bytes and the timescale are unknown.
  let summary: HourIndex.Summary

  /// An hour; nil if the store lacks its index or header, or has no segment of it any more.
  init?(_ name: HourName, _ mark: HourMark) {
    guard let indexed = mark.indexed, mark.hasHeader, let first = mark.spans.spans.first,
      let last = mark.spans.spans.last
    else { return nil }
    self.name = name
    self.indexed = indexed
    spans = mark.spans
    let counts = spans.spans.map { span in
      span.numbers.upperBound.subtractingSaturated(span.numbers.lowerBound).addingSaturated(1)
    }
    summary = HourIndex.Summary(
      first: first.numbers.lowerBound, last: last.numbers.upperBound,
      count: Int(clamping: counts.reduce(Int64(0)) { $0.addingSaturated($1) }),
      start: first.start, end: last.end, size: 0, timescale: 1)
  }
}
