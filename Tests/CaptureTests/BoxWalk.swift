// SPDX-License-Identifier: Apache-2.0

/// Boxes of ISO BMFF, found by walking: enough to look into a CMAF header.
struct Box {
  let type: String
  /// Behind size and type.
  let content: [UInt8]

  /// The boxes in a run of bytes; nil where sizes do not add up.
  static func all(in bytes: [UInt8]) -> [Box]? {
    var boxes: [Box] = []
    var place = 0
    while place < bytes.count {
      guard place + 8 <= bytes.count else { return nil }
      let size = number(bytes, place, 4)
      guard size >= 8, place + size <= bytes.count else { return nil }
      boxes.append(
        Box(
          type: String(decoding: bytes[place + 4..<place + 8], as: UTF8.self),
          content: Array(bytes[place + 8..<place + size])))
      place += size
    }
    return boxes
  }

  /// The box at a path of types; `stsd`, `avc1` and `mp4a` are entered behind their own fields.
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

  /// A big-endian number of the content.
  func number(_ place: Int, _ count: Int) -> Int { Self.number(content, place, count) }

  private static func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> Int {
    bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
  }
}
