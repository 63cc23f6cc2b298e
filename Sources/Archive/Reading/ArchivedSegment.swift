// SPDX-License-Identifier: Apache-2.0

package import Time

/// A segment of the archive, and the place of its bytes.
package struct ArchivedSegment: Sendable, Equatable {
  /// Its number, its times, and its bytes in the file.
  package let row: SegmentRow
  /// The file.
  package let name: HourName
  /// The folder of its rendition.
  package let folder: HourFolder
  /// Ticks per second of the track.
  package let timescale: Int

  /// See ``SegmentRow/number``.
  package var number: Int64 { row.number }
  /// The hash of its CMAF header.
  package var headerHash: String { name.headerHash }
  /// Its duration.
  package var duration: Interval {
    Interval(ticks: row.duration, timescale: Int64(max(1, timescale)))
  }

  /// The numbers of a span without a segment among `segments`, which are in order.
  package static func gaps(
    in numbers: ClosedRange<Int64>, _ segments: [ArchivedSegment]
  ) -> [ClosedRange<Int64>] {
    var gaps: [ClosedRange<Int64>] = []
    var next = numbers.lowerBound
    for segment in segments where numbers.contains(segment.number) {
      if segment.number > next { gaps.append(next...segment.number - 1) }
      next = segment.number + 1
    }
    if next <= numbers.upperBound { gaps.append(next...numbers.upperBound) }
    return gaps
  }
}
