// SPDX-License-Identifier: Apache-2.0

import CMAF
import System

/// Finds the next segment or mark of an hour file after damaged bytes.
struct SegmentSearch {
  /// The bytes that are read at once, and those that a box has before its content.
  private static let (block, head) = (1 << 20, 16)
  /// The most boxes between a `styp` and its first `moof`, and the largest `styp`.
  private static let (maximumBoxes, maximumType) = (16, 256)

  /// The size of the file.
  let size: Int

  /// The position of the first mark or `styp` at or after `position` that whole boxes follow.
  func next(from position: Int, _ read: FileHead.Reader) throws(SystemError) -> Int? {
    var start = position
    while start < size {
      let bytes = try read(start, Self.block)
      for index in bytes.indices.dropLast(7) {
        // bounded: `index` is at least 8 bytes before the end
        let letter = bytes[index + 4]
        guard letter == UInt8(ascii: "s") || letter == UInt8(ascii: "f") else { continue }
        guard let box = try? BoxHead(bytes, at: index, end: bytes.count), let count = box.size
        else { continue }
        let found = start + index
        if box.type == "free", count == SegmentMark.size, try isMark(found, read) { return found }
        if box.type == "styp", count <= Self.maximumType,
          try isSegment(found + count, read)
        {
          return found
        }
      }
      // The last bytes of a block may begin a box.
      guard bytes.count == Self.block else { return nil }
      start += bytes.count - Self.head
    }
    return nil
  }

  /// Whether a mark is at `position`.
  func isMark(_ position: Int, _ read: FileHead.Reader) throws(SystemError) -> Bool {
    var reader = BoxReader(try read(position, SegmentMark.size))
    return (try? reader.next()).map { SegmentMark($0) != nil } ?? false
  }

  /// Whether a mark is at `position`, or after further damaged bytes that were made free.
  func isMark(
    afterFreed position: Int, _ read: FileHead.Reader
  ) throws(SystemError) -> Bool {
    var position = position
    for _ in 0..<Self.maximumBoxes where position < size {
      if try isMark(position, read) { return true }
      let bytes = try read(position, Self.head)
      guard let box = try? BoxHead(bytes, at: 0, end: bytes.count), box.type == "free",
        let count = box.size, count > SegmentMark.size, count <= size - position
      else { return false }
      position += count
    }
    return false
  }

  /// Whether a `moof` and a whole `mdat` follow, perhaps after other boxes of a chunk.
  private func isSegment(_ start: Int, _ read: FileHead.Reader) throws(SystemError) -> Bool {
    var position = start
    var hasFragment = false
    for _ in 0..<Self.maximumBoxes {
      let bytes = try read(position, Self.head)
      guard let box = try? BoxHead(bytes, at: 0, end: bytes.count), let count = box.size,
        count <= size - position
      else { return false }
      switch box.type {
      case "prft" where !hasFragment, "emsg" where !hasFragment: break
      case "moof" where !hasFragment: hasFragment = true
      case "mdat": return hasFragment
      default: return false
      }
      position += count
    }
    return false
  }
}
