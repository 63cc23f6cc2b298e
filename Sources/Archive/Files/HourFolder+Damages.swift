// SPDX-License-Identifier: Apache-2.0

import CMAF
import System
import Time

extension HourFolder {
  /// Makes damaged bytes a `free` box, with a mark before the next segment.
  func free(
    _ damage: Range<Int>, before walk: HourWalk, in file: DiskFile
  ) throws(SystemError) {
    var size = damage.count
    let next = walk.segments.first { $0.row.offset >= damage.upperBound }?.row
    if let next, next.offset == damage.upperBound {
      // bounded: positions in a file
      size -= SegmentMark.size
      guard size > SegmentMark.size else { return }
      let media = Interval(ticks: next.decodeTime, timescale: Int64(walk.head.timescale))
      let mark = SegmentMark(
        number: next.number, offset: Interval(nanoseconds: next.start.nanoseconds) - media,
        startsDiscontinuity: next.startsDiscontinuity)
      try file.write(mark.bytes, at: damage.lowerBound + size)
    }
    guard size > SegmentMark.size else { return }
    try file.write(.head(size, "free"), at: damage.lowerBound)
  }
}
