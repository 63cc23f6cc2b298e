// SPDX-License-Identifier: Apache-2.0

import CMAF
import System
import Time

extension HourFolder {
  private static let suffix = ".objects"

  /// The path of the mark of an hour file: `2026-11-23/04-HASH.cmfv.objects`.
  func mark(_ name: HourName) -> String { file(name) + Self.suffix }

  /// The marks of all hour files, also of removed ones.
  package var marks: [HourName: HourMark] {
    var found: [HourName: HourMark] = [:]
    for day in DiskFolder.entries(path).folders {
      for file in DiskFolder.entries("\(path)/\(day)").files where file.hasSuffix(Self.suffix) {
        guard let name = HourName(folder: day, file: String(file.dropLast(Self.suffix.count))),
          let bytes = try? DiskFile(mark(name), .reading).read(at: 0, count: 1 << 20),
          let text = String(validating: bytes, as: UTF8.self), let mark = HourMark(text)
        else { continue }
        found[name] = mark
      }
    }
    return found
  }

  /// Writes the mark of an hour file in one step; a mark with removals survives a loss of power.
  ///
  /// - Returns: whether it is written.
  func save(_ mark: HourMark, of name: HourName) -> Bool {
    let draft = self.mark(name) + ".new"
    do throws(SystemError) {
      try DiskFolder.make("\(path)/\(name.folder)")
      DiskFolder.remove(draft)
      let file = try DiskFile(draft, .creating)
      try file.write(Array(mark.text.utf8), at: 0)
      try file.sync()
      try DiskFolder.rename(draft, to: self.mark(name))
      if !mark.removed.isEmpty { try DiskFolder.sync("\(path)/\(name.folder)") }
      return true
    } catch { return false }
  }

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
