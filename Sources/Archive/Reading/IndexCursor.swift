// SPDX-License-Identifier: Apache-2.0

import Checked
import System

/// Reads the records of an index one after another: the memory is that of one record.
///
/// Each call may block for as long as the disk does.
struct IndexCursor {
  /// The bytes that are read at once.
  private static let block = 256 << 10

  /// The file; nil if all bytes are in memory.
  private let file: DiskFile?
  private var bytes: [UInt8] = []
  /// The position in `bytes` of the next record.
  private var position = 0
  /// The position in the file after `bytes`.
  private var end = HourIndex.headSize

  /// A cursor at the first record; nil if the file is no index.
  init?(_ path: String) {
    guard let file = try? DiskFile(path, .reading),
      let magic = try? file.read(at: 0, count: HourIndex.magic.count), magic == HourIndex.magic
    else { return nil }
    self.file = file
  }

  /// A cursor at the first record of an index in memory; nil if it is none.
  init?(content: [UInt8]) {
    guard content.count >= HourIndex.headSize, content.starts(with: HourIndex.magic) else {
      return nil
    }
    file = nil
    bytes = content
    position = HourIndex.headSize
  }

  /// The segment with this number, which is after all segments read before; nil if the index does
  /// not have it, or is damaged.
  mutating func segment(_ number: Int64) -> IndexedSegment? {
    while fill(16) {
      var cursor = ByteCursor(bytes, from: position)
      guard let count = cursor.integer(4), let sum = cursor.integer(4),
        count <= HourIndex.recordLimit, fill(8 + count)
      else { return nil }
      cursor = ByteCursor(bytes, from: position + 8)
      guard let found = cursor.wide(), found <= number else { return nil }
      let record = position + 8..<position + 8 + count
      position = record.upperBound
      guard found == number else { continue }
      return HourIndex.segment(bytes, record, sum: sum, hasFrames: true)?.0
    }
    return nil
  }

  /// Reads until `count` bytes follow the position; false at the end of the file.
  private mutating func fill(_ count: Int) -> Bool {
    guard bytes.count - position < count else { return true }
    guard let file else { return false }
    bytes.removeFirst(position)
    position = 0
    let wanted = max(Self.block, count - bytes.count)
    guard let more = try? file.read(at: end, count: wanted) else { return false }
    end += more.count
    bytes += more
    return bytes.count >= count
  }
}
