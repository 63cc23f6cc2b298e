// SPDX-License-Identifier: Apache-2.0

import Glibc
import System
package import Time

/// Corrects the dates of hours that a wrong clock has dated.
///
/// The bytes of the segments stay: their numbers and the wall clock of their marks change.
package enum HourShift {
  /// Moves the segments of a file that begin in a span.
  ///
  /// No program may write the archive. A crash leaves the media with its old date, and perhaps with
  /// the new one too.
  ///
  /// - Parameters:
  ///   - file: the file.
  ///   - span: the span.
  ///   - distance: how much later the segments are dated; negative for earlier.
  /// - Returns: the paths of the new files, and the number of segments.
  /// - Throws: `SystemError` of the disk; `ERANGE` if a date is before 1970.
  package static func shift(
    _ file: ArchiveInspection.File, _ span: Range<WallTime>, by distance: Interval
  ) throws -> (paths: [String], count: Int) {
    let (folder, name) = (file.folder, file.name)
    guard !file.isDamaged, let walk = try folder.walk(name) else { return ([], 0) }
    let rows = walk.segments.map(\.row)
    guard let first = rows.first, rows.contains(where: { span.contains($0.start) }) else {
      return ([], 0)
    }
    // A half of a file would have two dates: the file is moved as a whole.
    guard rows.allSatisfy({ span.contains($0.start) }) else { throw SystemError("shift", EDOM) }
    let steps = steps(distance, first)
    let source = try DiskFile(folder.file(name), .reading)
    let header = try source.read(at: 0, count: walk.head.headerSize)
    let drafts = HourMerge.drafts(of: folder, for: .shift)
    var made: [HourName] = []
    var writer: HourWriter?
    var last: (number: Int64, offset: Interval)?
    for row in rows {
      let (number, start) = (row.number.addingSaturated(steps), row.start + distance)
      guard SegmentMark.numbers.contains(number), start >= .origin else {
        throw SystemError("shift", ERANGE)
      }
      let hour = HourName(at: start, headerHash: name.headerHash, isAudio: name.isAudio)
      if made.last?.first != hour {
        _ = try writer?.finish()
        made.append(try free(hour, in: folder))
        guard let draft = made.last else { break }
        drafts.remove(draft)
        writer = try HourWriter(
          draft, in: drafts, header: header, references: max(1, walk.head.references))
        last = nil
      }
      let media = Interval(ticks: row.decodeTime, timescale: Int64(walk.head.timescale))
      let offset = Interval(nanoseconds: start.nanoseconds) - media
      let continues =
        number == last?.number.addingSaturated(1) && !row.startsDiscontinuity
        && (last.map { (offset - $0.offset).magnitude < Rotation.tolerance } ?? false)
      let clock = continues ? last?.offset ?? offset : offset
      let mark = SegmentMark(
        number: number, offset: offset, startsDiscontinuity: row.startsDiscontinuity)
      guard let bytes = try source.shared(at: row.offset, count: row.size) else {
        throw SystemError("read", EIO)
      }
      try writer?.begin(mark: continues ? nil : mark)
      try writer?.append(bytes)
      _ = try writer?.complete(
        Rotation.Start(
          number: number, time: start, offset: clock,
          startsDiscontinuity: row.startsDiscontinuity, headerHash: name.headerHash))
      last = (number, clock)
    }
    _ = try writer?.finish()
    for draft in made {
      try folder.replace(draft, from: drafts)
      try HourFolder.syncNames(of: folder.file(draft))
    }
    DiskFolder.remove(drafts.path)
    folder.remove(name)
    return (made.map { "\(file.stream)/\(file.rendition)/\($0.path)" }, rows.count)
  }

  /// The distance in segments: a number is the start divided by the duration.
  private static func steps(_ distance: Interval, _ row: SegmentRow) -> Int64 {
    guard row.start > .origin else { return 0 }
    let scaled = Int128(distance.nanoseconds) * Int128(row.number)
    let start = Int128(row.start.nanoseconds)
    // bounded: `start` is above 0, and the others have 128 bits
    let half = scaled < 0 ? -start / 2 : start / 2
    // bounded: as above
    return Int64(clamping: (scaled + half) / start)
  }

  /// The first part of an hour that the folder does not have.
  private static func free(
    _ hour: HourName, in folder: HourFolder
  ) throws(SystemError) -> HourName {
    var name = hour
    while DiskFolder.exists(folder.file(name)) {
      guard let next = name.next else { throw SystemError("shift", EEXIST) }
      name = next
    }
    return name
  }
}
