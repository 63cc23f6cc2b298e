// SPDX-License-Identifier: Apache-2.0

import CMAF
package import System
import Time

/// The folder of one rendition: its hour files and their indexes.
package struct HourFolder: Sendable, Hashable {
  /// The path of the folder: `DIR/S/R`.
  package let path: String

  /// How its files are opened for reading.
  let reading: DiskFile.Mode

  /// The folder at `path`; if it is inspected, files of other users are read too.
  package init(_ path: String, isInspected: Bool = false) {
    self.path = path
    reading = isInspected ? .inspecting : .reading
  }

  /// The path of an hour file.
  package func file(_ name: HourName) -> String { "\(path)/\(name.path)" }
  /// The path of its index.
  package func index(_ name: HourName) -> String { "\(path)/\(name.indexPath)" }

  /// The hour files, oldest first.
  package var names: [HourName] { content.names }

  /// The content of the folder.
  struct Content {
    /// The hour files, oldest first.
    var names: [HourName] = []
    /// The hours of files that are set aside, since they have no CMAF header.
    var damaged: [HourName] = []
    /// The hours of files whose removal has not ended.
    var removed: [HourName] = []
    /// The paths of files that were never completed.
    var drafts: [String] = []
  }

  /// The meaning of a suffix of the name of an hour file.
  enum Suffix {
    static let damaged = ".damaged"
    static let removed = ".removed"
    static let draft = ".new"
  }

  /// The content of the folder.
  var content: Content {
    var content = Content()
    let isForAnyUser = reading == .inspecting
    for day in DiskFolder.entries(path, ofAnyUser: isForAnyUser).folders {
      func name(_ file: String, _ suffix: String = "") -> HourName? {
        guard file.hasSuffix(suffix) else { return nil }
        let name = HourName(folder: day, file: String(file.dropLast(suffix.count)))
        return name?.folder == day ? name : nil
      }
      for file in DiskFolder.entries("\(path)/\(day)").files {
        if let name = name(file) {
          content.names.append(name)
        } else if let name = name(file, Suffix.damaged) {
          content.damaged.append(name)
        } else if let name = name(file, Suffix.removed) {
          content.removed.append(name)
        } else if file.hasSuffix(Suffix.draft) {
          content.drafts.append("\(path)/\(day)/\(file)")
        }
      }
    }
    content.names.sort()
    return content
  }

  /// The path of the file that was set aside for an hour file.
  package func damagedFile(_ name: HourName) -> String { file(name) + Suffix.damaged }

  /// The path of an hour file that is being overwritten.
  func removedFile(_ name: HourName) -> String { file(name) + Suffix.removed }

  /// The path of the index that was set aside with it.
  func damagedIndex(_ name: HourName) -> String { index(name) + Suffix.damaged }

  /// Its bytes; nil if it is missing.
  func damagedSize(_ name: HourName) -> Int? {
    (try? DiskFile(damagedFile(name), reading)).flatMap { try? $0.size }
  }

  /// The bytes of the files that were set aside.
  var damagedSizes: [HourName: Int] {
    Dictionary(
      content.damaged.compactMap { name in damagedSize(name).map { (name, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// Removes an hour file, its index, and the folder of the day if that is empty.
  ///
  /// - Returns: whether the file is gone.
  @discardableResult
  package func remove(_ name: HourName) -> Bool {
    let isGone = DiskFolder.remove(file(name))
    DiskFolder.remove(index(name))
    removeDay(name)
    return isGone
  }

  /// Replaces an hour file and its index by those of another folder on the same disk.
  ///
  /// At each instant the file of the name is the old one or the new one. It is on the disk after
  /// ``syncNames(of:)``.
  package func replace(_ name: HourName, from drafts: HourFolder) throws(SystemError) {
    _ = try DiskFile(drafts.file(name), .reading)
    // A file of another user is not replaced.
    if DiskFolder.exists(file(name)) { _ = try DiskFile(file(name), .reading) }
    try DiskFolder.make("\(path)/\(name.folder)")
    DiskFolder.remove(index(name))
    try DiskFolder.rename(drafts.file(name), to: file(name))
    try DiskFolder.rename(drafts.index(name), to: index(name))
    drafts.remove(name)
    DiskFolder.remove(drafts.path)
  }

  /// Waits until the names of an hour file are on the disk, in folders that may be new: day,
  /// rendition, stream, archive, and the folder above.
  ///
  /// A start does not wait for the archive's own name: its first segments would leave the window.
  static func syncNames(of path: String) throws(SystemError) {
    try DiskFolder.sync(above: path, levels: 5)
  }

  /// Removes the folder of the day if that is empty.
  func removeDay(_ name: HourName) {
    // A folder with files is refused by the system.
    DiskFolder.remove("\(path)/\(name.folder)")
  }

  /// The sums of a finished hour file; nil if its index does not have them, or not for its size.
  package func summary(_ name: HourName) -> HourIndex.Summary? {
    guard let index = try? DiskFile(index(name), reading),
      let head = try? index.read(at: 0, count: HourIndex.headSize),
      let summary = HourIndex.summary(head), let file = try? DiskFile(file(name), reading),
      (try? file.size) == summary.size
    else { return nil }
    return summary
  }

  /// The segments of an hour file: from its index, or from its boxes if the index has not all of
  /// them; nil if the file is none.
  package func walk(_ name: HourName) throws(SystemError) -> HourWalk? {
    let file = try DiskFile(file(name), reading)
    return try walk(name, file)
  }

  func walk(
    _ name: HourName, _ file: DiskFile, isIndexed: Bool = true, isVerified: Bool = false
  ) throws(SystemError) -> HourWalk? {
    let size = try file.size
    if isIndexed, let known = try? HourIndex.records(indexBytes(name), hasFrames: true),
      let last = known.segments.last?.row, last.end <= size,
      isSegment(try file.read(at: last.offset, count: 8)),
      // Else it is the index of another file with the name, or a loss of power has cost bytes.
      try isVerified ? hasDigests(of: known.segments, file) : true,
      let walk = try HourWalk(size: size, after: known.segments, offset: known.offset, file.read)
    {
      return walk
    }
    return try HourWalk(size: size, file.read)
  }

  /// The content of a finished hour file without its frames.
  struct FinishedHour {
    let head: FileHead
    let rows: [SegmentRow]
    /// The wall clock minus media time of the last segment.
    let offset: Interval
    /// The bytes of the index.
    let indexSize: Int
  }

  /// The content of an hour file that is finished, and whose index has all its segments; else nil.
  ///
  /// Neither its boxes nor its frames are read: an hour that is being written is continued at once.
  func finished(_ name: HourName, _ file: DiskFile) throws(SystemError) -> FinishedHour? {
    guard let summary = summary(name) else { return nil }
    let bytes = try indexBytes(name)
    let records = HourIndex.records(bytes, hasFrames: false)
    // bounded: a position in a file
    guard records.segments.count == summary.count, records.end == bytes.count,
      records.segments.last?.row.end == summary.size - SegmentMark.closingSize
    else { return nil }
    return try FileHead(size: summary.size, file.read).map {
      FinishedHour(
        head: $0, rows: records.segments.map(\.row), offset: records.offset, indexSize: bytes.count)
    }
  }

  /// The largest index that is read.
  private static let indexLimit = 256 << 20

  func indexBytes(_ name: HourName) throws(SystemError) -> [UInt8] {
    let index = try DiskFile(index(name), reading)
    return try index.read(at: 0, count: min(try index.size, Self.indexLimit))
  }

  private func isSegment(_ bytes: [UInt8]) -> Bool {
    (try? BoxHead(bytes, at: 0, end: bytes.count))?.type == "styp"
  }

  /// The segments of a finished hour file, as its index has them, with or without their frames;
  /// from its boxes if the index is damaged, which `use` then says to the writer.
  package func segments(
    _ name: HourName, _ summary: HourIndex.Summary, _ use: HourUse? = nil, hasFrames: Bool
  ) throws(SystemError) -> [IndexedSegment] {
    if let bytes = try? indexBytes(name) {
      let found = HourIndex.records(bytes, hasFrames: hasFrames).segments
      if found.count == summary.count { return found }
    }
    use?.setIndex(isDamaged: true)
    let file = try DiskFile(file(name), reading)
    return try HourWalk(size: try file.size, file.read)?.segments ?? []
  }
}
