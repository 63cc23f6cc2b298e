// SPDX-License-Identifier: Apache-2.0

import CMAF
import System
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
  /// Whether the file is still the one with this row.
  let use: HourUse

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

extension ArchivedSegment {
  /// The bytes in which the decode time of a segment is found.
  private static let headSize = 1024

  /// Whether a file has this segment at its place: another file may have replaced that of the row.
  func isAt(_ file: DiskFile) throws(SystemError) -> Bool {
    let bytes = try file.read(at: row.offset, count: min(row.size, Self.headSize))
    var position = 0
    while let head = try? BoxHead(bytes, at: position, end: bytes.count), let size = head.size {
      guard position > 0 || head.type == "styp" else { return false }
      switch head.type {
      case "moof", "traf": position += head.count
      case "tfdt":
        var reader = BoxReader(bytes, position..<bytes.count)
        guard var fields = try? reader.next(), let (version, _) = try? fields.versionAndFlags()
        else { return false }
        let time = version == 1 ? try? fields.wide() : (try? fields.integer(4)).map { Int64($0) }
        return time == row.decodeTime
      default:
        // bounded: sizes are below 2^48
        position += size
      }
    }
    // The boxes before the time are long: at least the first one is that of a segment.
    return position > bytes.count
  }
}
