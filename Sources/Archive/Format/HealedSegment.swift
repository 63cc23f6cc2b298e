// SPDX-License-Identifier: Apache-2.0

package import Media
import Packaging
import Sharing
import System
import Time

/// A segment of a twin that belongs to its number: its boxes and times are checked.
package struct HealedSegment: Sendable {
  /// Why bytes are no segment of the stream.
  package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The header has another hash than its name, or is none.
    case header
    /// The track has other ticks per second.
    case timescale
    /// The bytes are not the boxes of one segment.
    case boxes
    /// The decode time is not that of the number.
    case time

    package var description: String {
      switch self {
      case .header: "not the CMAF header of its name"
      case .timescale: "a track with another timescale"
      case .boxes: "not the boxes of one segment"
      case .time: "a decode time of another segment"
      }
    }
  }

  /// The largest segment.
  package static let limit = 64 << 20

  /// The segment number.
  package let number: Int64
  /// The bytes.
  package let bytes: [UInt8]
  /// The decode time of the first frame, and the durations of all frames, in ticks.
  package let decodeTime, duration: Int64
  /// Whether a Discontinuity precedes it.
  package let startsDiscontinuity: Bool

  /// Checks a segment.
  ///
  /// - Parameters:
  ///   - number: its number.
  ///   - bytes: its bytes.
  ///   - header: the CMAF header of its track, which ``check(header:hash:_:)`` accepts.
  ///   - segmentation: that of the local track.
  ///   - startsDiscontinuity: whether a Discontinuity precedes it.
  /// - Throws: ``Fault`` if it is no such segment.
  package init(
    _ number: Int64, _ bytes: [UInt8], header: [UInt8], _ segmentation: TrackSegmentation,
    startsDiscontinuity: Bool
  ) throws(Fault) {
    guard bytes.count <= Self.limit, SegmentMark.numbers.contains(number) else { throw .boxes }
    // An hour file with this segment alone: the walk finds what a walk of the archive will find.
    let mark = SegmentMark(number: number, offset: .zero, startsDiscontinuity: false)
    let file = FileHead.bytes(header: header, references: 1) + mark.bytes + bytes
    let whole = file + SegmentMark.closing
    guard let walk = try? HourWalk(size: whole.count, FileHead.reader(of: whole)),
      walk.segments.count == 1, let row = walk.segments.first?.row,
      row.number == number, row.size == bytes.count, row.end == file.count,
      walk.end == whole.count
    else { throw .boxes }
    guard walk.head.timescale == Int(segmentation.timescale) else { throw .timescale }
    let nominal = segmentation.ticks(segmentation.firstFrame(of: number))
    let length = segmentation.frames(in: number).multipliedSaturated(by: segmentation.ticksPerFrame)
    let shift = row.decodeTime.subtractingSaturated(nominal)
    guard (-length...length).contains(shift.multipliedSaturated(by: 2)), row.duration > 0,
      row.duration <= length.multipliedSaturated(by: 2)
    else { throw .time }
    self.number = number
    self.bytes = bytes
    (decodeTime, duration) = (row.decodeTime, row.duration)
    self.startsDiscontinuity = startsDiscontinuity
  }

  /// Checks a CMAF header with this hash in its name.
  package static func check(
    header: [UInt8], hash: String, _ segmentation: TrackSegmentation
  ) throws(Fault) {
    guard TrackDescription.hash(of: header) == hash else { throw .header }
    guard let head = FileHead.of(header), head.headerSize == header.count else { throw .header }
    guard head.timescale == Int(segmentation.timescale) else { throw .timescale }
  }
}
