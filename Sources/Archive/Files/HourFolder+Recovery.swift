// SPDX-License-Identifier: Apache-2.0

import CMAF
import Glibc
package import System
import Time

/// Hour files that were not finished: after a crash, or after damage.
extension HourFolder {
  /// The result for an hour file that was not finished.
  package enum Recovery: Sendable, Equatable {
    /// It is finished; its CMAF header is that of another hour if it was damaged, and damaged
    /// bytes with their segments are left out.
    case finished(HourIndex.Summary, headerOf: HourName?, damaged: Int)
    /// It has media that cannot be read, and this name with `.damaged`.
    case setAside(HourName)
    /// It had no complete segment, and was removed.
    case removed
  }

  /// Cuts a torn tail at the last whole chunk, completes the index, and writes the `sidx`.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - digests: the number of unknown digests that are computed, for which segments are read.
  ///   - isIndexed: whether the index is read; else the boxes alone count.
  /// - Returns: the result for the file.
  /// - Throws: `SystemError` of the disk.
  package func recover(
    _ name: HourName, digests: Int = HourFolder.usualDigests, isIndexed: Bool = true
  ) throws(SystemError) -> Recovery {
    let file = try DiskFile(file(name), .writing)
    var found = try walk(name, file, isIndexed: isIndexed, isVerified: true)
    var source: HourName?
    if try !hasHeader(found, name, file), let other = try header(like: name),
      try mend(name, file, other.header)
    {
      source = other.name
      found = try walk(name, file, isIndexed: isIndexed, isVerified: true)
    }
    if !isIndexed, let bytes = try? indexBytes(name) {
      found?.adoptDigests(of: HourIndex.records(bytes, hasFrames: false).segments)
    }
    var torn = (bytes: 0, isDamaged: false)
    if isIndexed { torn = try leaveOutTorn(&found, name, file) }
    guard let walk = found, !walk.isCut, !walk.segments.isEmpty else {
      // The index has records of whole segments only.
      let isKnown = torn.isDamaged || isIndexed && hasRecords(name)
      guard try isKnown ? false : isTorn(found, file) else {
        return .setAside(try setAside(name))
      }
      remove(name)
      return .removed
    }
    // bounded: the size of the file
    let damaged = walk.damages.reduce(torn.bytes) { $0 + $1.count }
    return .finished(
      try finish(name, file, walk, digests: digests), headerOf: source, damaged: damaged)
  }

  private func hasRecords(_ name: HourName) -> Bool {
    (try? indexBytes(name)).map {
      !HourIndex.records($0, hasFrames: false).segments.isEmpty
    } ?? false
  }

  /// Whether a file without a whole segment is that of a program that was killed while it wrote the
  /// head or the first segment; else its media is damaged.
  private func isTorn(_ walk: HourWalk?, _ file: DiskFile) throws(SystemError) -> Bool {
    if let walk {
      if walk.isCut || !walk.damages.isEmpty { return false }
      let size = try file.size
      if try SegmentSearch(size: size).isMark(walk.head.mediaStart, file.read) { return true }
    }
    return try !hasMedia(file)
  }

  /// Finishes an hour file.
  ///
  /// - Returns: its sums; nil if it has no segment that can be read.
  /// - Throws: `SystemError` of the disk.
  package func finish(
    _ name: HourName, digests: Int = HourFolder.usualDigests
  ) throws(SystemError) -> HourIndex.Summary? {
    guard case .finished(let summary, _, _) = try recover(name, digests: digests) else {
      return nil
    }
    return summary
  }

  private func finish(
    _ name: HourName, _ file: DiskFile, _ walk: HourWalk, digests: Int
  ) throws(SystemError) -> HourIndex.Summary {
    let size = try file.size
    var end = walk.end
    if end == walk.completeEnd {
      // The bytes after the last segment, which showed that it is complete, are cut.
      try file.write(SegmentMark.closing, at: end)
      end += SegmentMark.closingSize
    }
    if end < size { try file.truncate(to: end) }
    for damage in walk.damages { try free(damage, before: walk, in: file) }
    let rows = walk.segments.map(\.row)
    try SegmentReferences(walk.head, rows, end: end)?.write(to: file)
    try file.sync()
    try Self.syncNames(of: file.path)
    guard let summary = HourIndex.Summary(rows, size: end, timescale: walk.head.timescale) else {
      throw SystemError("read", EINVAL)
    }
    try writeIndex(name, walk, summary, file, digests: digests)
    return summary
  }

  /// The segments whose digests are computed after a crash: those whose records it cost.
  package static let usualDigests = 120

  /// Writes the whole index, in one step.
  func writeIndex(
    _ name: HourName, _ walk: HourWalk, _ summary: HourIndex.Summary?, _ file: DiskFile,
    digests: Int = HourFolder.usualDigests
  ) throws(SystemError) {
    var left = digests
    let draft = index(name) + Suffix.draft
    DiskFolder.remove(draft)
    let index = try DiskFile(draft, .creating)
    var bytes = HourIndex.head(summary)
    for walked in walk.segments {
      var segment = walked
      if segment.digest == nil, left > 0 {
        left -= 1
        segment = try segment.withDigest(from: file)
      }
      let media = Interval(
        ticks: segment.row.decodeTime, timescale: Int64(max(1, walk.head.timescale)))
      let clock = Interval(nanoseconds: segment.row.start.nanoseconds) - media
      bytes += HourIndex.record(segment, offset: clock)
    }
    try index.write(bytes, at: 0)
    try DiskFolder.rename(draft, to: self.index(name))
  }
}

extension IndexedSegment {
  /// The segment with its digest, which is computed from its bytes in `file`.
  fileprivate func withDigest(from file: DiskFile) throws(SystemError) -> IndexedSegment {
    guard let bytes = try file.shared(at: row.offset, count: row.size) else { return self }
    return IndexedSegment(row: row, frames: frames, digest: SegmentDigest.of(bytes))
  }
}
