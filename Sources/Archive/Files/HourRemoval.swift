// SPDX-License-Identifier: Apache-2.0

package import System
package import Time

extension HourFolder {
  /// Removes the segments of an hour file that have media in `span`; their bytes are overwritten.
  ///
  /// The other segments are copied to another file, which replaces this one. No thread writes the
  /// file meanwhile.
  ///
  /// - Returns: the sums of the new file; nil if no segment is left.
  package func removeSegments(
    _ name: HourName, in span: Range<WallTime>
  ) throws(SystemError) -> HourIndex.Summary? {
    let file = try DiskFile(file(name), .writing)
    guard let walk = try walk(name, file) else {
      remove(name)
      return nil
    }
    let timescale = walk.head.timescale
    func isRemoved(_ row: SegmentRow) -> Bool {
      row.start < span.upperBound && span.lowerBound < row.end(timescale: timescale)
    }
    let removed = walk.segments.map(\.row).filter(isRemoved)
    let isTorn = walk.end > walk.completeEnd
    guard !removed.isEmpty || isTorn else { return try finish(name) }
    let kept = walk.segments.map(\.row).filter { !isRemoved($0) }
    let draft = self.file(name) + ".new"
    DiskFolder.remove(draft)
    if kept.isEmpty {
      remove(name)
    } else {
      try copy(kept, from: file, walk.head, to: draft)
      DiskFolder.remove(index(name))
      try DiskFolder.rename(draft, to: self.file(name))
    }
    // The old file has no name any more: its bytes must not be left on the disk.
    let zeros = [UInt8](repeating: 0, count: Self.block)
    for row in removed { try overwrite(row.range, of: file, zeros) }
    if isTorn { try overwrite(walk.completeEnd..<walk.end, of: file, zeros) }
    try file.sync()
    return kept.isEmpty ? nil : try finish(name)
  }

  /// The bytes that are copied at once.
  private static let block = 1 << 20

  private func overwrite(
    _ range: Range<Int>, of file: DiskFile, _ zeros: [UInt8]
  ) throws(SystemError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let count = min(zeros.count, range.upperBound - position)
      try file.write(Array(zeros[..<count]), at: position)
      position += count
    }
  }

  /// Writes a file with the head of `source` and these segments.
  private func copy(
    _ rows: [SegmentRow], from source: DiskFile, _ head: FileHead, to path: String
  ) throws(SystemError) {
    let target = try DiskFile(path, .creating)
    let header = try source.read(at: 0, count: head.headerSize)
    let start = FileHead.bytes(header: header, references: max(head.references, 1))
    try target.write(start, at: 0)
    var position = start.count
    var last: (number: Int64, offset: Interval)?
    for row in rows {
      let media = Interval(ticks: row.decodeTime, timescale: Int64(head.timescale))
      let offset = Interval(nanoseconds: row.start.nanoseconds) - media
      let continues =
        row.number == last?.number.addingSaturated(1) && !row.startsDiscontinuity
        && (last.map { (offset - $0.offset).magnitude < .milliseconds(1) } ?? false)
      if !continues {
        let mark = SegmentMark(
          number: row.number, offset: offset, startsDiscontinuity: row.startsDiscontinuity)
        try target.write(mark.bytes, at: position)
        position += SegmentMark.size
        last = (row.number, offset)
      } else {
        last = (row.number, last?.offset ?? offset)
      }
      for start in stride(from: row.offset, to: row.end, by: Self.block) {
        let bytes = try source.read(at: start, count: min(Self.block, row.end - start))
        try target.write(bytes, at: position)
        position += bytes.count
      }
    }
    try target.write(SegmentMark.closing, at: position)
    try target.sync()
  }
}
