// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Time

/// Finds the capture times of chunks in the bytes of CMAF media as they arrive: pure.
///
/// - Source: ISO/IEC 14496-12 §4.2, §8.16.5
package struct ProducerTimes: Sendable {
  /// The bytes are not boxes.
  package struct Damage: Error, Equatable {}

  /// The bytes of a `prft` box up to its time: version, flags, track and timestamp.
  private static let timeSize = 16

  private var head: [UInt8] = []
  private var content: [UInt8] = []
  /// The type of the present box, and its bytes that have not arrived.
  private var box: (type: String, left: Int)?
  private var captured: WallTime?

  /// Before the first byte.
  package init() {}

  /// Whether the bytes so far end with a whole chunk.
  ///
  /// The end of a chunked response does not tell whether it was cut.
  package var isWhole: Bool { box == nil && head.isEmpty && captured == nil }

  /// The capture times of the chunks whose last byte is in `bytes`.
  package mutating func take(_ bytes: [UInt8]) throws(Damage) -> [WallTime] {
    var found: [WallTime] = []
    // bounded: all of them
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let (type, left) = box else {
        try begin(&rest)
        continue
      }
      let piece = rest.prefix(left)
      if type == "prft" {
        content += piece.prefix(Self.timeSize - min(content.count, Self.timeSize))
      }
      rest = rest.dropFirst(piece.count)
      box = left == piece.count ? nil : (type, left - piece.count)
      if box == nil, let time = end(type) { found.append(time) }
    }
    return found
  }

  private mutating func begin(_ rest: inout ArraySlice<UInt8>) throws(Damage) {
    // bounded: the head has 8 bytes
    let needed = head.count >= 8 && Self.number(head[..<4]) == 1 ? 16 : 8
    let piece = rest.prefix(needed - head.count)
    head += piece
    rest = rest.dropFirst(piece.count)
    guard head.count == needed else { return }
    // bounded: the head has 8 bytes, or 16
    let size = Self.number(head[..<4])
    if size == 1, needed == 8 { return }
    // bounded: the head has 16 bytes if the size is 1
    let length = size == 1 ? Self.number(head[8...]) : size
    // bounded: a box of media is far below 2^40 bytes
    guard length >= UInt64(needed), length < 1 << 40 else { throw Damage() }
    // bounded: the head has 8 bytes or more
    let type = String(decoding: head[4..<8], as: UTF8.self)
    let left = Int(length) - needed
    head = []
    content = []
    box = left > 0 ? (type, left) : nil
  }

  /// The capture time of the chunk that a box completes.
  private mutating func end(_ type: String) -> WallTime? {
    switch type {
    case "prft":
      guard content.count == Self.timeSize else { return nil }
      captured = NTPTime.time(of: Self.number(content[8...]))
      return nil
    case "mdat":
      defer { captured = nil }
      return captured
    default: return nil
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
