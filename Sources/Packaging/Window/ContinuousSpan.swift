// SPDX-License-Identifier: Apache-2.0

import Time

/// The newest segments without a gap, a Discontinuity or another CMAF header: a Period of an MPD.
package struct ContinuousSpan: Sendable, Equatable {
  /// The number of the first segment, and the number after the last one.
  package private(set) var start: Int64, end: Int64
  private var headerHash: String?

  /// No segment; the first one is expected to be `number`.
  package init(from number: Int64) { (start, end) = (number, number) }

  /// Adds segments in the order of their numbers; those before ``end`` are known.
  package mutating func append(_ segments: some Sequence<PastSegment>) {
    for segment in segments where segment.number >= end && !segment.isGap {
      let continues =
        segment.number == end && !segment.startsDiscontinuity
        && headerHash.map { $0 == segment.headerHash } ?? true
      if !continues { start = segment.number }
      headerHash = segment.headerHash
      end = segment.number.addingSaturated(1)
    }
  }

  /// Leaves out the segments before `number`.
  package mutating func removeAll(before number: Int64) { start = max(start, number) }
}
