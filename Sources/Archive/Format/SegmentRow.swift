// SPDX-License-Identifier: Apache-2.0

package import CMAF
import Checked
package import Time

/// A segment in an hour file.
package struct SegmentRow: Sendable, Equatable {
  /// The segment number, counted from 1970.
  package let number: Int64
  /// The position of its first byte in the file.
  package let offset: Int
  /// Its bytes.
  package let size: Int
  /// The decode time of its first frame, in ticks of the track's timescale.
  package let decodeTime: Int64
  /// Its duration in ticks.
  package let duration: Int64
  /// The wall clock of its first frame: EXT-X-PROGRAM-DATE-TIME.
  package let start: WallTime
  /// Whether a Discontinuity precedes it.
  package let startsDiscontinuity: Bool
  /// Whether a chunk of it carries an event with JSON data.
  package var hasEvents = false
  /// The digest of its bytes; nil if it is unknown.
  package var tag: ContentTag?
  /// The KID of its media; nil if the media is clear, or the index of an earlier program has it.
  package var keyIdentifier: [UInt8]?

  /// Whether the places and times are equal: boxes have no digests, and the index of an earlier
  /// program states neither events nor keys.
  package static func == (left: SegmentRow, right: SegmentRow) -> Bool {
    left.number == right.number && left.offset == right.offset && left.size == right.size
      && left.decodeTime == right.decodeTime && left.duration == right.duration
      && left.start == right.start && left.startsDiscontinuity == right.startsDiscontinuity
  }

  /// The position after its last byte.
  package var end: Int { offset + size }
  /// The positions of its bytes.
  package var range: Range<Int> { offset..<end }

  /// The rows of a file whose numbers are in `numbers`: in a file the numbers rise.
  static func rows(
    _ rows: [SegmentRow], with numbers: ClosedRange<Int64>
  ) -> ArraySlice<SegmentRow> {
    let first = rows.partition { $0.number < numbers.lowerBound }
    // The numbers of a damaged file may fall.
    return rows[first..<max(first, rows.partition { $0.number <= numbers.upperBound })]
  }

  /// The wall clock after its last frame.
  package func end(timescale: Int) -> WallTime {
    start + Interval(ticks: duration, timescale: Int64(max(1, timescale)))
  }
}

/// A segment in an hour file, and its frames.
package struct IndexedSegment: Sendable, Equatable {
  /// The segment.
  package let row: SegmentRow
  /// Its frames in the order of decoding.
  package let frames: [SegmentIndex.Frame]
  /// Its digests; nil if they are unknown.
  package var digest: SegmentDigest?
}
