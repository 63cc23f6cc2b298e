// SPDX-License-Identifier: Apache-2.0

/// A box of ISO BMFF, as far as the tests of CMAF headers need it.
struct Box {
  let type: String
  /// The bytes after size and type.
  let content: [UInt8]

  /// The boxes of a byte sequence; nil if their sizes do not add up.
  static func all(in bytes: [UInt8]) -> [Box]? {
    var boxes: [Box] = []
    var offset = 0
    while offset < bytes.count {
      guard offset + 8 <= bytes.count else { return nil }
      let size = number(bytes, offset, 4)
      guard size >= 8, offset + size <= bytes.count else { return nil }
      boxes.append(
        Box(
          type: String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self),
          content: Array(bytes[offset + 8..<offset + size])))
      offset += size
    }
    return boxes
  }

  /// The box at a path of types; in `stsd`, `avc1` and `mp4a`, boxes follow the fields.
  static func at(_ path: String, in bytes: [UInt8]) -> Box? {
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

  /// The big-endian number of `count` bytes at an offset of the content.
  func number(_ offset: Int, _ count: Int) -> Int { Self.number(content, offset, count) }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
    bytes[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
  }
}
