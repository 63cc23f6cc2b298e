// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked
import Sharing
package import System
package import Time

/// The segments of an hour file, found by walking its boxes.
///
/// Accepts any bytes; bounded in time, and in memory by the number of frames. A file may end at any
/// byte: ``end`` is the position after the last whole chunk. After damaged bytes it continues with
/// the next segment; the damaged one is left out.
package struct HourWalk: Sendable {
  /// The beginning of the file.
  package let head: FileHead
  /// The complete segments, in their order.
  package private(set) var segments: [IndexedSegment] = []
  /// The position after the last whole chunk.
  package private(set) var end: Int
  /// The position after the last complete segment.
  package private(set) var completeEnd: Int
  /// The wall clock minus media time of the last complete segment; nil without one.
  package private(set) var offset: Interval?

  /// The damaged bytes, with the segments that are left out.
  package private(set) var damages: [Range<Int>] = []

  /// Whether the file has media after more damages than are looked for.
  package private(set) var isCut = false

  /// The most damages; after them the file is not walked.
  private static let maximumDamages = 4096
  /// The bytes that are read for the boxes of a chunk before its media.
  private static let window = 1024
  /// The largest `moof`.
  private static let fragmentLimit = 1 << 20

  /// The segment that is being read.
  private struct Open {
    /// Nil after damaged bytes without a mark: the decode time has it.
    let number: Int64?
    let offset: Int
    let mark: SegmentMark
    let startsDiscontinuity: Bool
    var hasEvents = false
    var frames: SegmentFrames
    var end: Int
    /// The position of the last `styp` or `moof`.
    var chunk: Int
  }

  private var open: Open?
  /// The mark that was read last, and the number of the next segment.
  private var mark: SegmentMark?
  private var next: (number: Int64?, startsDiscontinuity: Bool)?

  /// Walks a file of `size` bytes; nil if it has no head.
  ///
  /// - Parameters:
  ///   - size: its size.
  ///   - known: the first segments, as an index has them; they are not read again.
  ///   - offset: the wall clock minus media time of the last known one.
  ///   - read: reads its bytes.
  /// - Throws: `SystemError` of `read`.
  package init?(
    size: Int, after known: [IndexedSegment] = [], offset: Interval = .zero,
    _ read: FileHead.Reader
  ) throws(SystemError) {
    guard let head = try FileHead(size: size, read) else { return nil }
    self.head = head
    (end, completeEnd) = (head.mediaStart, head.mediaStart)
    if let last = known.last?.row {
      segments = known
      (end, completeEnd) = (last.end, last.end)
      mark = SegmentMark(number: last.number, offset: offset, startsDiscontinuity: false)
      self.offset = offset
      next = (last.number.addingSaturated(1), false)
    }
    try walk(size, read)
  }

  /// The digests of segments that an index has too: digests that are computed from damaged bytes
  /// would hide the damage.
  mutating func adoptDigests(of indexed: [IndexedSegment]) {
    let known = Dictionary(indexed.map { ($0.row.number, $0) }, uniquingKeysWith: { $1 })
    for index in segments.indices {
      guard let other = known[segments[index].row.number],
        other.row.range == segments[index].row.range
      else { continue }
      segments[index].digest = other.digest
    }
  }

  /// Leaves out segments whose bytes are not those of the index: their bytes are damaged, or are
  /// cut if no segment follows.
  mutating func leaveOut(_ numbers: Set<Int64>) {
    guard !numbers.isEmpty else { return }
    let torn = segments.map(\.row).filter { numbers.contains($0.number) }.map(\.range)
    segments.removeAll { numbers.contains($0.row.number) }
    let last = segments.last?.row.end ?? head.mediaStart
    if last < completeEnd { (end, completeEnd) = (last, last) }
    let sorted = (damages + torn).sorted { $0.lowerBound < $1.lowerBound }
    damages = []
    for range in sorted where range.lowerBound < last {
      if let before = damages.last, before.upperBound == range.lowerBound {
        damages[damages.count - 1] = before.lowerBound..<range.upperBound
      } else {
        damages.append(range)
      }
    }
  }

  private mutating func walk(_ size: Int, _ read: FileHead.Reader) throws(SystemError) {
    let search = SegmentSearch(size: size)
    var position = try walk(from: end, size, read)
    // bounded: by the number of damages
    while position < size {
      // The size of the last box may be damaged, too.
      let from = max(open?.chunk ?? end, completeEnd)
      guard let found = try search.next(from: from + 1, read), found > completeEnd else { break }
      guard damages.count < Self.maximumDamages else {
        isCut = true
        break
      }
      let start = min(open?.offset ?? end, found)
      damages.append(start..<found)
      open = nil
      if next != nil || mark != nil { next = (nil, false) }
      end = found
      position = try walk(from: found, size, read)
    }
  }

  /// Walks to the end or to a damaged box.
  ///
  /// - Returns: the position of that.
  private mutating func walk(
    from first: Int, _ size: Int, _ read: FileHead.Reader
  ) throws(SystemError) -> Int {
    var position = first
    var fragment: (box: BoxFields, position: Int)?
    var (bytes, start): ([UInt8], Int) = ([], position)
    while position < size {
      if position < start || position + SegmentMark.size > start + bytes.count {
        (bytes, start) = (try read(position, Self.window), position)
      }
      let offset = position - start
      guard let box = try? BoxHead(bytes, at: offset, end: bytes.count), let boxSize = box.size,
        boxSize <= size - position
      else {
        if fragment == nil, Self.beginsSegment(bytes, offset) { complete() }
        return position
      }
      let after = position + boxSize
      switch box.type {
      case "free":
        guard fragment == nil else { return position }
        var reader = BoxReader(bytes, offset..<min(bytes.count, offset + boxSize))
        if let fields = try? reader.next(), let found = SegmentMark(fields) {
          complete()
          mark = found
          next = (found.number, found.startsDiscontinuity)
        } else if boxSize == SegmentMark.closingSize {
          complete()
        } else if boxSize > SegmentMark.size,
          try SegmentSearch(size: size).isMark(afterFreed: after, read)
        {
          // Damaged bytes that were made free.
          complete()
        } else {
          endBefore(damagedBox: boxSize)
          return position
        }
        end = after
      case "styp":
        complete()
        guard let mark, let begun = next else { return position }
        open = Open(
          number: begun.number, offset: position, mark: mark,
          startsDiscontinuity: begun.startsDiscontinuity, frames: SegmentFrames(head.defaults),
          end: after, chunk: position)
        next = (begun.number?.addingSaturated(1), false)
      case "moof":
        guard let open, boxSize <= Self.fragmentLimit else { return position }
        let isRead = boxSize <= bytes.count - offset
        // bounded: `offset` is a position in `bytes`
        let whole = isRead ? Array(bytes[offset..<offset + boxSize]) : try read(position, boxSize)
        var reader = BoxReader(whole)
        guard let fields = try? reader.next() else { return position }
        fragment = (fields, position - open.offset)
        self.open?.chunk = position
      case "mdat":
        guard var segment = open, let found = fragment else { return position }
        let first = position - segment.offset
        do throws(BoxError) {
          try segment.frames.add(
            found.box, at: found.position, media: first + box.count..<first + boxSize)
        } catch { return position }
        segment.end = after
        open = segment
        fragment = nil
        end = after
      case "prft", "emsg":
        guard open != nil, fragment == nil else { return position }
        if box.type == "emsg" {
          // bounded: a position in the file
          if offset + EventMessage.dataSize > bytes.count, after > start + bytes.count {
            (bytes, start) = (try read(position, Self.window), position)
          }
          if EventMessage.hasData(bytes, at: position - start) { open?.hasEvents = true }
        }
      default:
        if fragment == nil { endBefore(damagedBox: boxSize) }
        return position
      }
      position = after
    }
    // A damaged size of a `moof` may be that of the rest of the file.
    return fragment == nil ? position : open?.chunk ?? position
  }

  /// A damaged `styp` or mark ends the segment before it, as a torn one does.
  private mutating func endBefore(damagedBox size: Int) {
    let sizes = [SegmentType.bare.count, SegmentMark.closingSize, SegmentMark.size]
    if sizes.contains(size) { complete() }
  }

  /// Whether a torn box is the `styp` of a segment, or a mark: each has a size and first bytes that
  /// the boxes that continue a segment do not have.
  private static func beginsSegment(_ bytes: [UInt8], _ offset: Int) -> Bool {
    // bounded: at most the bytes that were read
    let torn = bytes.dropFirst(offset)
    guard torn.count >= 4 else { return false }
    return segmentStarts.contains { start in zip(start, torn).allSatisfy { $0 == $1 } }
  }
  private static let segmentStarts: [[UInt8]] = [
    .head(SegmentType.bare.count, "styp"), SegmentMark.closing, SegmentMark.start,
  ]

  /// The open segment is complete: another one, or the end, follows.
  private mutating func complete() {
    guard let segment = open else { return }
    open = nil
    guard let decodeTime = segment.frames.decodeTime, segment.end == end else { return }
    guard let number = segment.number ?? number(at: decodeTime) else { return }
    if segment.number == nil { next = (number.addingSaturated(1), false) }
    let media = Interval(ticks: decodeTime, timescale: Int64(head.timescale))
    let row = SegmentRow(
      number: number, offset: segment.offset, size: segment.end - segment.offset,
      decodeTime: decodeTime, duration: segment.frames.duration,
      start: WallTime(nanoseconds: (media + segment.mark.offset).nanoseconds),
      startsDiscontinuity: segment.startsDiscontinuity, hasEvents: segment.hasEvents,
      keyIdentifier: head.keyIdentifier(stated: segment.frames.keyIdentifier))
    segments.append(IndexedSegment(row: row, frames: segment.frames.frames))
    completeEnd = segment.end
    offset = segment.mark.offset
  }

  /// The number of the segment at a decode time, from the mean duration of those before it.
  ///
  /// Nil if they do not tell it.
  private func number(at decodeTime: Int64) -> Int64? {
    guard let last = segments.last?.row, let first = segments.first?.row, last.duration > 0 else {
      return nil
    }
    let count = last.number.subtractingSaturated(first.number)
    let span = last.decodeTime.subtractingSaturated(first.decodeTime)
    // bounded: `count` and `duration` are above 0
    let duration = count > 0 && span > 0 ? max(1, span / count) : last.duration
    let distance = decodeTime.subtractingSaturated(last.decodeTime)
    // bounded: `duration` is above 0
    let steps = distance.addingSaturated(duration / 2) / duration
    let error = distance.subtractingSaturated(steps.multipliedSaturated(by: duration))
    let number = last.number.addingSaturated(steps)
    guard steps > 0, abs(error) <= duration / 4, SegmentMark.numbers.contains(number) else {
      return nil
    }
    return number
  }
}
