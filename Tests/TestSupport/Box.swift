// SPDX-License-Identifier: Apache-2.0

/// A box of ISO BMFF, read independently of the writers and the reader of the program.
/// - Source: ISO/IEC 14496-12 §4.2
package struct Box {
  /// The four-character type.
  package let type: String
  /// The range of the whole box in the bytes that contain it.
  package let range: Range<Int>
  /// The bytes after size and type.
  package let content: [UInt8]

  /// The boxes in `range` of `bytes`, by default in all bytes; nil if their sizes do not add up.
  package static func all(in bytes: [UInt8], _ range: Range<Int>? = nil) -> [Box]? {
    let range = range ?? 0..<bytes.count
    var boxes: [Box] = []
    var start = range.lowerBound
    while start < range.upperBound {
      guard start + 8 <= range.upperBound else { return nil }
      let size = number(bytes, start, 4)
      guard size >= 8, start + size <= range.upperBound else { return nil }
      boxes.append(
        Box(
          type: String(decoding: bytes[start + 4..<start + 8], as: UTF8.self),
          range: start..<start + size, content: Array(bytes[start + 8..<start + size])))
      start += size
    }
    return boxes
  }

  /// The box at a path of types; the fields of `stsd`, `avc1` and `mp4a` before their boxes are
  /// skipped.
  package static func at(_ path: String, in bytes: [UInt8]) -> Box? {
    var content = bytes
    var found: Box?
    for type in path.split(separator: "/") {
      guard let box = all(in: content)?.first(where: { $0.type == type }) else { return nil }
      found = box
      let skipped = ["stsd": 8, "avc1": 78, "mp4a": 28][box.type] ?? 0
      content = Array(box.content.dropFirst(skipped))
    }
    return found
  }

  /// A big-endian number of `count` bytes at `offset` of the content.
  package func number(_ offset: Int, _ count: Int) -> Int { Self.number(content, offset, count) }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
    bytes[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
  }
}
