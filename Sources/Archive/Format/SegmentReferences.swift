// SPDX-License-Identifier: Apache-2.0

import CMAF
import System
import Time

/// The `sidx` of a finished hour file, in its room: the bytes that are reserved after the header.
///
/// A player finds a time with it and does not read the whole file. The room becomes `free` and
/// `sidx`, or `sidx` alone if that fills it. Each step leaves a valid file: the last of them makes
/// the `sidx` visible.
/// - Source: ISO/IEC 14496-12 §8.16.3
package struct SegmentReferences: Sendable, Equatable {
  /// Bytes to be written at a position of the file.
  package struct Write: Sendable, Equatable {
    package let offset: Int
    package let bytes: [UInt8]
  }

  /// The content of the `sidx`, which is inside a `free` box until the last step.
  package let content: Write
  /// The head of the room, written when the content is on the disk.
  package let head: Write

  /// Writes the content, waits for the disk, and writes the head.
  func write(to file: DiskFile) throws(SystemError) {
    try file.write(content.bytes, at: content.offset)
    try file.sync()
    try file.write(head.bytes, at: head.offset)
  }

  /// A file without a `sidx`: the head of its room; no bytes if it has none.
  package static func cleared(_ head: FileHead) -> Write {
    let isRoom = head.reserve.count >= 8
    return Write(
      offset: head.reserve.lowerBound, bytes: isRoom ? .head(head.reserve.count, "free") : [])
  }

  /// The references to the segments of a file; nil if it has none, or no room.
  ///
  /// - Parameters:
  ///   - head: the head of the file.
  ///   - rows: its segments in their order.
  ///   - end: the position after the last one.
  package init?(_ head: FileHead, _ rows: [SegmentRow], end: Int) {
    let room = head.references
    guard let first = rows.first, let last = rows.last, room > 0 else { return nil }
    // bounded: `room` is at least 1
    let group = (rows.count + room - 1) / room
    let starts = Array(stride(from: 0, to: rows.count, by: group))
    // bounded: at most as many references as the room has
    let size = FileHead.referencesSize.fixed + FileHead.referencesSize.each * starts.count
    let left = head.reserve.count - size
    guard left == 0 || left >= 8 else { return nil }
    var box: [UInt8] = .head(size, "sidx")
    box.put(UInt32(1 << 24))
    box.put(UInt32(1))
    box.put(UInt32(clamping: head.timescale))
    box.put(first.decodeTime)
    box.put(Int64(0))
    box.put(UInt16(0))
    box.put(UInt16(clamping: starts.count))
    for index in starts {
      let next = index + group
      let from = index == 0 ? head.mediaStart : rows[index].offset
      let to = next < rows.count ? rows[next].offset : end
      let after =
        next < rows.count
        ? rows[next].decodeTime : last.decodeTime.addingSaturated(last.duration)
      box.put(UInt32(clamping: min(max(0, to - from), 0x7FFF_FFFF)))
      box.put(UInt32(clamping: after.subtractingSaturated(rows[index].decodeTime)))
      // The segment starts with a stream access point of type 1.
      box.put(UInt32(0x9000_0000))
    }
    let start = head.reserve.lowerBound
    if left == 0 {
      content = Write(offset: start + 8, bytes: Array(box[8...]))
      self.head = Write(offset: start, bytes: Array(box[..<8]))
    } else {
      content = Write(offset: start + left, bytes: box)
      self.head = Write(offset: start, bytes: .head(left, "free"))
    }
  }
}
