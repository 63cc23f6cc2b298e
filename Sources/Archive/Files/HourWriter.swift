// SPDX-License-Identifier: Apache-2.0

import CMAF
import Glibc
package import Sharing
package import System
package import Time

/// An hour file to which segments are appended.
///
/// Each call may block for as long as the disk does.
/// Confined to one thread. After an error, discard the object: another one continues the file.
package final class HourWriter {
  /// The name of the file.
  package let name: HourName
  /// The head of the file.
  package let head: FileHead
  /// The complete segments in their order.
  package private(set) var rows: [SegmentRow]
  /// The wall clock minus media time of the last segment; nil without one.
  package private(set) var offset: Interval?

  /// The name before `.damaged` of another file that had the name; nil without one.
  let setAside: HourName?
  /// Whether the CMAF header of the file was damaged, and is whole again.
  let isMended: Bool

  private let folder: HourFolder
  private let file, index: DiskFile
  private let synchronisation: FileSync
  private var indexEnd: Int
  /// The position after the last complete segment, and after the last chunk.
  private var completeEnd, end: Int
  /// The position to which space is reserved.
  private var reserved: Int
  private var isDirty = true
  /// The open segment: its position, its index, and the mark before it.
  private var open:
    (offset: Int, index: SegmentIndex, mark: SegmentMark?, digester: SegmentDigester)?

  /// The space that is reserved at once.
  private static let reservation = (video: 16 << 20, audio: 1 << 20)

  /// Creates a file for segments with this header, or continues the file of that name.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - folder: its folder.
  ///   - header: the CMAF header.
  ///   - references: the number of segments of an hour.
  /// - Throws: `SystemError` of the disk.
  package init(
    _ name: HourName, in folder: HourFolder, header: [UInt8], references: Int
  ) throws(SystemError) {
    (self.name, self.folder) = (name, folder)
    try DiskFolder.make("\(folder.path)/\(name.folder)")
    let present = try DiskFile(folder.file(name), .creating)
    var start = try present.read(at: 0, count: header.count)
    if let known = try folder.finished(name, present), start == header,
      known.head.headerSize == header.count, let last = known.rows.last
    {
      (setAside, isMended) = (nil, false)
      file = present
      synchronisation = FileSync(file)
      (head, rows, offset) = (known.head, known.rows, known.offset)
      (completeEnd, end, reserved) = (last.end, last.end, last.end)
      index = try DiskFile(folder.index(name), .writing)
      indexEnd = known.indexSize
      // From now on the file counts as unfinished.
      try index.write(HourIndex.head(nil), at: 0)
      let cleared = SegmentReferences.cleared(head)
      try file.write(cleared.bytes, at: cleared.offset)
      return
    }
    var known = try folder.walk(name, present)
    let isWhole = try folder.hasHeader(known, name, present)
    isMended = start == header || isWhole ? false : try folder.mend(name, present, header)
    if isMended {
      known = try folder.walk(name, present)
      start = try present.read(at: 0, count: header.count)
    }
    let bytes = FileHead.bytes(header: header, references: references)
    let isDamaged = known.map { $0.isCut || $0.segments.isEmpty && !$0.damages.isEmpty }
    let size = try present.size
    if isDamaged.map({ $0 || start != header }) ?? (size > bytes.count) {
      // A damaged file, or another header with the same hash: it is not overwritten.
      setAside = try folder.setAside(name)
      file = try DiskFile(folder.file(name), .creating)
      known = nil
    } else {
      file = present
      setAside = nil
    }
    synchronisation = FileSync(file)
    if let known, start == header, known.head.headerSize == header.count {
      head = known.head
      rows = known.segments.map(\.row)
      offset = known.offset
      (completeEnd, end) = (known.completeEnd, known.completeEnd)
      reserved = end
      // A `sidx` would hide the segments that follow.
      let cleared = SegmentReferences.cleared(head)
      try file.write(cleared.bytes, at: cleared.offset)
      // Players stop at damaged bytes.
      for damage in known.damages { try folder.free(damage, before: known, in: file) }
      if rows.isEmpty {
        try file.truncate(to: end)
      } else {
        try file.write(SegmentMark.closing, at: end)
        try file.truncate(to: end + SegmentMark.closingSize)
      }
      try folder.writeIndex(name, known, nil, file)
      index = try DiskFile(folder.index(name), .writing)
      indexEnd = try index.size
      return
    }
    // The file is new, or was torn in its head.
    try file.truncate(to: 0)
    try file.write(bytes, at: 0)
    guard let head = FileHead.of(bytes) else { throw SystemError("open", EINVAL) }
    self.head = head
    rows = []
    (completeEnd, end, reserved) = (bytes.count, bytes.count, bytes.count)
    DiskFolder.remove(folder.index(name))
    index = try DiskFile(folder.index(name), .creating)
    try index.write(HourIndex.head(nil), at: 0)
    indexEnd = HourIndex.headSize
  }

  /// The last segment; nil without one.
  package var last: (number: Int64, offset: Interval)? {
    rows.last.map { ($0.number, offset ?? .zero) }
  }

  /// The bytes of the file.
  package var size: Int { end }

  /// Whether the paths still are the names of the file and of its index.
  var isInPlace: Bool { file.isInPlace && index.isInPlace }

  /// Begins a segment; one that was not completed is overwritten.
  package func begin(mark: SegmentMark?) throws(SystemError) {
    if end > completeEnd { try abandon() }
    var start = completeEnd
    if let mark {
      try file.write(mark.bytes, at: start)
      start += SegmentMark.size
    }
    end = start
    open = (start, SegmentIndex(), mark, SegmentDigester())
    isDirty = true
  }

  /// Appends a chunk to the segment.
  ///
  /// - Throws: `SystemError` of the disk, or `BoxError` for a chunk that cannot be read again.
  package func append(_ chunk: SharedBytes) throws {
    guard var segment = open else { return }
    try segment.index.append(chunk)
    segment.digester.add(chunk, of: segment.index)
    if end + chunk.count > reserved {
      let step = name.isAudio ? Self.reservation.audio : Self.reservation.video
      let target = end + max(step, chunk.count)
      file.reserve(at: reserved, count: target - reserved)
      reserved = target
    }
    try file.write(chunk, at: end)
    end += chunk.count
    open = segment
    isDirty = true
  }

  /// Completes the segment.
  ///
  /// - Parameters:
  ///   - start: its number and times.
  ///   - known: the digest that an index has; one of damaged bytes would hide the damage.
  /// - Returns: its row; nil if it has no chunk.
  /// - Throws: `SystemError` of the disk.
  package func complete(
    _ start: Rotation.Start, digest known: SegmentDigest? = nil
  ) throws(SystemError) -> SegmentRow? {
    guard let segment = open, !segment.index.frames.isEmpty else { return nil }
    let digest = known ?? segment.digester.digest()
    let row = SegmentRow(
      number: start.number, offset: segment.offset, size: end - segment.offset,
      decodeTime: segment.index.decodeTime, duration: segment.index.duration, start: start.time,
      startsDiscontinuity: start.startsDiscontinuity, hasEvents: segment.index.hasEvents,
      tag: digest.map { ContentTag($0) },
      keyIdentifier: head.keyIdentifier(stated: segment.index.keyIdentifier))
    // Overwritten by the next segment.
    try file.write(SegmentMark.closing, at: end)
    offset = segment.mark?.offset ?? offset ?? start.offset
    let record = HourIndex.record(
      IndexedSegment(
        row: row, frames: segment.index.frames, digest: digest),
      offset: offset ?? .zero)
    try index.write(record, at: indexEnd)
    indexEnd += record.count
    rows.append(row)
    completeEnd = end
    open = nil
    return row
  }

  /// The duration of the open segment so far.
  var openDuration: Interval {
    Interval(ticks: open?.index.duration ?? 0, timescale: Int64(max(1, head.timescale)))
  }

  /// Removes the open segment from the file.
  ///
  /// - Parameter isErased: whether its bytes are overwritten before.
  /// - Throws: `SystemError` of the disk.
  package func abandon(isErased: Bool = false) throws(SystemError) {
    open = nil
    guard end > completeEnd else { return }
    if isErased {
      try folder.overwrite(completeEnd..<end, of: file)
      try file.sync()
    }
    end = completeEnd
    if rows.isEmpty { return try file.truncate(to: end) }
    try file.write(SegmentMark.closing, at: end)
    try file.truncate(to: end + SegmentMark.closingSize)
  }

  /// Asks for the written bytes to be on the disk soon; does not wait.
  ///
  /// - Throws: the error of the request before.
  package func sync(on thread: SyncThread) throws(SystemError) {
    guard isDirty, try synchronisation.start(on: thread) else { return }
    isDirty = false
  }

  /// Waits until the written bytes are on the disk.
  package func flush() throws(SystemError) { try file.sync() }

  /// Finishes the file: its last segment is complete, and the `sidx` is written.
  ///
  /// - Parameter isErased: whether the bytes of the open segment are overwritten.
  /// - Returns: its sums; nil if it had no segment and is removed.
  /// - Throws: `SystemError` of the disk.
  package func finish(isErased: Bool = false) throws(SystemError) -> HourIndex.Summary? {
    guard let finish = try end(isErased: isErased) else { return nil }
    try finish.run()
    return finish.summary
  }

  /// Ends the file: its last segment is complete; does not wait for the disk unless bytes are
  /// overwritten.
  ///
  /// - Parameter isErased: whether the bytes of the open segment are overwritten.
  /// - Returns: the step that is left; nil if the file had no segment and is removed.
  /// - Throws: `SystemError` of the disk.
  package func end(isErased: Bool = false) throws(SystemError) -> HourFinish? {
    try abandon(isErased: isErased)
    let size = end + SegmentMark.closingSize
    guard let summary = HourIndex.Summary(rows, size: size, timescale: head.timescale) else {
      folder.remove(name)
      return nil
    }
    return HourFinish(summary, file, index, SegmentReferences(head, rows, end: size))
  }
}
