// SPDX-License-Identifier: Apache-2.0

import Time

/// Whether the segments of a track cover a span.
///
/// A clip without some of them changes when a twin has sent these. A pure value.
package struct ClipCoverage: Sendable {
  private let span: Range<Int64>
  private var last: (number: Int64, end: Int64)?
  private var hasHole = false

  /// The coverage of a span, in any unit of time, by no segment.
  package init(of span: Range<Int64>) { self.span = span }

  /// Adds a segment of these times; called in the order of their numbers.
  package mutating func add(_ number: Int64, _ start: Int64, _ end: Int64) {
    if let last {
      if number > last.number.addingSaturated(1) { hasHole = true }
    } else if start > span.lowerBound {
      hasHole = true
    }
    last = (number, end)
  }

  /// Whether no segment is missing at the start, at the end or between.
  package var isWhole: Bool {
    guard let last else { return false }
    return !hasHole && last.end >= span.upperBound
  }
}
