// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sharing
package import System
package import Time

/// An hour file with further segments: a draft that replaces the file when it is complete.
///
/// The draft has all segments in the order of their numbers, and its own index. The old file is
/// only read, and may be appended to meanwhile. Each call may block for as long as the disk does.
/// Confined to one thread.
package final class HourMerge {
  /// The name of the hour file.
  package let name: HourName
  /// The number of segments that were added.
  package private(set) var count = 0

  /// The folder of the draft.
  package let drafts: HourFolder
  private let folder: HourFolder
  private let writer: HourWriter
  private let isLeftOut: (SegmentRow) -> Bool
  private var pace: DiskPace
  private var source: DiskFile?
  /// The segments of the old file as it was read last, and how many of them are in the draft.
  private var rows: [SegmentRow] = []
  /// The digests that the index of the old file has.
  private var digests: [Int64: SegmentDigest] = [:]
  private var copied = 0
  /// The last segment of the draft, the wall clock minus media time at it, and its end in ticks.
  private var last: (number: Int64, offset: Interval, end: Int64, isHealed: Bool)?

  /// A draft without segments.
  ///
  /// - Parameters:
  ///   - name: the name of the hour file, which may be missing.
  ///   - folder: its folder.
  ///   - header: the CMAF header.
  ///   - references: the number of segments of an hour.
  ///   - purpose: why the file is replaced.
  ///   - isLeftOut: whether a segment of the old file is not copied.
  ///   - isCancelled: whether copying is to end with an error.
  /// - Throws: `SystemError` of the disk.
  package init(
    _ name: HourName, in folder: HourFolder, header: [UInt8], references: Int,
    for purpose: Purpose = .healing, isLeftOut: @escaping (SegmentRow) -> Bool = { _ in false },
    isCancelled: @escaping () -> Bool = { false }
  ) throws(SystemError) {
    self.isLeftOut = isLeftOut
    pace = DiskPace(nanosecondsPerByte: 16, isCancelled: isCancelled)
    self.name = name
    self.folder = folder
    drafts = Self.drafts(of: folder, for: purpose)
    drafts.remove(name)
    writer = try HourWriter(name, in: drafts, header: header, references: references)
  }

  /// Why a file is replaced.
  package enum Purpose: String, CaseIterable {
    case healing = ".heal"
    case removal = ".remove"
    case shift = ".shift"
  }

  /// The folder of the drafts of a rendition: not that of a day.
  static func drafts(of folder: HourFolder, for purpose: Purpose) -> HourFolder {
    HourFolder("\(folder.path)/\(purpose.rawValue)")
  }

  /// Removes the drafts that a crash has left.
  ///
  /// - Parameters:
  ///   - folder: the folder of the rendition.
  ///   - overwriting: whether a draft may have media that is to be removed.
  package static func removeDrafts(of folder: HourFolder, overwriting: Bool = false) {
    for purpose in Purpose.allCases {
      let drafts = drafts(of: folder, for: purpose)
      for name in drafts.names {
        if overwriting { overwrite(name, in: drafts) }
        drafts.remove(name)
      }
      DiskFolder.remove(drafts.path)
    }
  }

  private static func overwrite(_ name: HourName, in drafts: HourFolder) {
    guard let file = try? DiskFile(drafts.file(name), .writing), let size = try? file.size else {
      return
    }
    try? drafts.overwrite(0..<size, of: file)
    try? file.sync()
  }

  /// The old file has these segments, and perhaps more later.
  ///
  /// - Returns: false if its segments have changed: the draft must be discarded.
  package func update(_ present: [SegmentRow]) throws(SystemError) -> Bool {
    let present = present.filter { !isLeftOut($0) }
    guard Array(present.prefix(copied)) == Array(rows.prefix(copied)) else { return false }
    // Another file may have the name, with the same first segments.
    source = present.isEmpty ? nil : try DiskFile(folder.file(name), .reading)
    rows = present
    let indexed = HourIndex.records((try? folder.indexBytes(name)) ?? [], hasFrames: false).segments
    let ranges = Dictionary(rows.map { ($0.number, $0.range) }, uniquingKeysWith: { $1 })
    for segment in indexed where segment.row.range == ranges[segment.row.number] {
      digests[segment.row.number] = segment.digest
    }
    return true
  }

  /// Adds a segment that the old file does not have, with a number above all added before.
  ///
  /// - Parameters:
  ///   - segment: the segment.
  ///   - offset: the wall clock minus media time.
  /// - Throws: `SystemError` of the disk, or `BoxError`.
  package func add(_ segment: HealedSegment, offset: Interval) throws {
    try copy(before: segment.number)
    guard segment.number > last?.number ?? -1,
      copied == rows.count || rows[copied].number != segment.number
    else { return }
    let follows = segment.number == last?.number.addingSaturated(1)
    let isTorn = follows && segment.decodeTime != last?.end
    try put(
      segment.number, SharedBytes(segment.bytes), segment.decodeTime, segment.duration, offset,
      startsDiscontinuity: segment.startsDiscontinuity || isTorn, isHealed: true)
    count += 1
  }

  /// Copies the segments of the old file with lower numbers.
  private func copy(before number: Int64) throws {
    while copied < rows.count, rows[copied].number < number {
      let row = rows[copied]
      copied += 1
      let media = Interval(ticks: row.decodeTime, timescale: Int64(writer.head.timescale))
      let offset = Interval(nanoseconds: row.start.nanoseconds) - media
      guard let bytes = try source?.shared(at: row.offset, count: row.size) else {
        throw SystemError("read", EIO)
      }
      var startsDiscontinuity = row.startsDiscontinuity
      if let last, last.isHealed, row.number == last.number.addingSaturated(1) {
        // The Discontinuity was that of the outage.
        startsDiscontinuity = row.decodeTime != last.end
      }
      try put(
        row.number, bytes, row.decodeTime, row.duration, offset,
        startsDiscontinuity: startsDiscontinuity, isHealed: false)
      try pace.pause(after: row.size)
    }
  }

  private func put(
    _ number: Int64, _ bytes: SharedBytes, _ decodeTime: Int64, _ duration: Int64,
    _ offset: Interval, startsDiscontinuity: Bool, isHealed: Bool
  ) throws {
    let continues =
      number == last?.number.addingSaturated(1) && !startsDiscontinuity
      && (last.map { (offset - $0.offset).magnitude < Rotation.tolerance } ?? false)
    let clock = continues ? last?.offset ?? offset : offset
    let mark = SegmentMark(
      number: number, offset: offset, startsDiscontinuity: startsDiscontinuity)
    try writer.begin(mark: continues ? nil : mark)
    try writer.append(bytes)
    let media = Interval(ticks: decodeTime, timescale: Int64(writer.head.timescale))
    let start = Rotation.Start(
      number: number, time: WallTime(nanoseconds: (media + clock).nanoseconds), offset: clock,
      startsDiscontinuity: startsDiscontinuity, headerHash: name.headerHash)
    _ = try writer.complete(start, digest: isHealed ? nil : digests[number])
    last = (number, clock, decodeTime.addingSaturated(duration), isHealed)
  }

  /// Copies the remaining segments of the old file.
  private func copyRest() throws { try copy(before: .max) }

  /// Copies the segments that the old file has now, and waits until they are on the disk: little is
  /// left for ``finish()``.
  package func prepare() throws {
    try copyRest()
    try writer.flush()
  }

  /// The positions of the copied segments in the old file.
  var kept: [Range<Int>] { rows.map(\.range) }

  /// Finishes the draft, which has all segments.
  ///
  /// - Returns: its sums; nil if it has no segment.
  package func finish() throws -> HourIndex.Summary? {
    try copyRest()
    return try writer.finish()
  }

  /// Removes the draft, whose bytes are overwritten before if it may have media that was removed
  /// from the archive.
  package func discard(overwriting: Bool) {
    if overwriting { Self.overwrite(name, in: drafts) }
    drafts.remove(name)
    DiskFolder.remove(drafts.path)
  }
}
