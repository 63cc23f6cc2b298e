// SPDX-License-Identifier: Apache-2.0

package import System
package import Time

extension HourFolder {
  /// Removes the segments of an hour file that have media in `span`; their bytes are overwritten.
  ///
  /// The other segments are copied to another file. The file is renamed to `X.removed`, the copy
  /// has its name then, and the removed bytes are overwritten. ``completeRemoval(_:)`` completes
  /// that after a crash or an error. No thread writes the file meanwhile.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - span: the span.
  ///   - willReplace: called before the first change, if there is one.
  /// - Returns: the sums of the new file; nil if no segment is left.
  /// - Throws: `SystemError` of the disk.
  package func removeSegments(
    _ name: HourName, in span: Range<WallTime>, willReplace: () -> Void = {}
  ) throws(SystemError) -> HourIndex.Summary? {
    try completeRemoval(name)
    let file = try DiskFile(file(name), .writing)
    let size = try file.size
    let walk = try walk(name, file)
    let timescale = walk?.head.timescale ?? 1
    func isRemoved(_ row: SegmentRow) -> Bool {
      row.start < span.upperBound && span.lowerBound < row.end(timescale: timescale)
    }
    let rows = walk?.segments.map(\.row) ?? []
    var removed = rows.filter(isRemoved).map(\.range)
    // A torn segment has no time. A file without a header has no segments.
    let end = walk.map { $0.completeEnd + SegmentMark.closingSize } ?? 0
    if end < size { removed.append(end..<size) }
    guard !removed.isEmpty else { return try finish(name) }
    willReplace()
    let kept = rows.filter { !isRemoved($0) }
    let draft = self.file(name) + Suffix.draft
    DiskFolder.remove(draft)
    if let walk, !kept.isEmpty {
      try copy(kept, from: file, walk.head, to: draft)
      try DiskFolder.sync("\(path)/\(name.folder)")
    }
    DiskFolder.remove(index(name))
    try DiskFolder.rename(self.file(name), to: self.file(name) + Suffix.removed)
    if !kept.isEmpty { try DiskFolder.rename(draft, to: self.file(name)) }
    try overwrite(removed, of: file, name)
    return kept.isEmpty ? nil : try finish(name)
  }

  /// Completes a removal that has begun: all bytes of the old file are overwritten.
  func completeRemoval(_ name: HourName) throws(SystemError) {
    let old = file(name) + Suffix.removed
    guard DiskFolder.exists(old) else { return }
    let file = try DiskFile(old, .writing)
    let draft = self.file(name) + Suffix.draft
    // The draft is complete: the old file had its name until then.
    if !DiskFolder.exists(self.file(name)), DiskFolder.exists(draft) {
      try DiskFolder.rename(draft, to: self.file(name))
    }
    try overwrite([0..<(try file.size)], of: file, name)
  }

  /// Overwrites and removes the file that was set aside for an hour file.
  func eraseDamaged(_ name: HourName) throws(SystemError) {
    let path = damagedFile(name)
    guard DiskFolder.exists(path) else { return }
    let file = try DiskFile(path, .writing)
    try overwrite(0..<(try file.size), of: file)
    try file.sync()
    DiskFolder.remove(path)
    removeDay(name)
  }

  /// Overwrites bytes of a file that is named `X.removed`, and removes it.
  private func overwrite(
    _ ranges: [Range<Int>], of file: DiskFile, _ name: HourName
  ) throws(SystemError) {
    // The new names first: a file with holes must not return after a loss of power.
    try DiskFolder.sync("\(path)/\(name.folder)")
    for range in ranges { try overwrite(range, of: file) }
    try file.sync()
    DiskFolder.remove(self.file(name) + Suffix.removed)
    removeDay(name)
  }

  /// The bytes that are copied at once.
  private static let block = 1 << 20

  func overwrite(_ range: Range<Int>, of file: DiskFile) throws(SystemError) {
    let zeros = [UInt8](repeating: 0, count: Self.block)
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
