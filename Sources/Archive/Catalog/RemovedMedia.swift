// SPDX-License-Identifier: Apache-2.0

package import Time

/// The media of an order to remove a span.
package struct RemovedMedia: Sendable, Equatable {
  /// The span.
  package let span: Range<WallTime>
  /// The time of the order: segments that begin later stay, unless they were archived before it.
  let ordered: WallTime
  /// The last segment of each rendition at the order.
  let last: [String: Int64]

  /// Whether a segment of a rendition is removed.
  func has(_ row: SegmentRow, timescale: Int, of rendition: String) -> Bool {
    let isOld = last[rendition].map { row.number <= $0 } ?? false
    let end = isOld ? span.upperBound : min(span.upperBound, ordered)
    return row.start < end && span.lowerBound < row.end(timescale: timescale)
  }

  /// Whether a file with media from `start` to `end` may have a part of it.
  func overlaps(_ start: WallTime, _ end: WallTime) -> Bool {
    start < span.upperBound && span.lowerBound < end
  }
}
