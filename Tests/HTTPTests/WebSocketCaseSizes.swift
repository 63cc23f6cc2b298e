// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Sections 9 and 10 of the Autobahn test suite: sizes of messages, fragments and pieces.
///
/// In sections 9.1 to 9.6 messages, fragments and pieces have a sixteenth of the size of the
/// suite's, so their numbers are those of the suite: messages of 16 MiB become 1 MiB. Sections 9.7
/// and 9.8 have 100 messages in place of 1000. Section 9.9 is not in the list of the suite.
extension WebSocketCase {
  private static let kilobyte = 1024

  /// Texts, then binary messages.
  private static let kinds: [(opcode: UInt8, byte: UInt8)] = [(1, UInt8(ascii: "*")), (2, 0xFE)]

  private static func event(_ opcode: UInt8, _ payload: [UInt8]) -> WebSocketEvent {
    opcode == 1 ? .text(String(decoding: payload, as: UTF8.self)) : .binary(payload)
  }

  private static func row(
    _ section: Int, _ index: Int, _ frames: [[UInt8]], pieces: Int = .max, _ event: WebSocketEvent,
    count: Int = 1
  ) -> WebSocketCase {
    WebSocketCase(
      number: "9.\(section).\(index + 1)", frames: frames, pieces: pieces,
      events: [WebSocketEvent](repeating: event, count: count), limit: 1024 * kilobyte)
  }

  static let sizes: [WebSocketCase] = {
    var found: [WebSocketCase] = []
    for (offset, kind) in kinds.enumerated() {
      func payload(_ count: Int) -> [UInt8] { [UInt8](repeating: kind.byte, count: count) }
      func whole(_ payload: [UInt8]) -> [UInt8] { clientFrame(0x80 | kind.opcode, payload) }
      for (index, kilobytes) in [4, 16, 64, 256, 512, 1024].enumerated() {
        let message = payload(kilobytes * kilobyte)
        found.append(row(1 + offset, index, [whole(message)], event(kind.opcode, message)))
      }
      let long = payload(256 * kilobyte)
      for (index, size) in [4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144].enumerated() {
        found.append(
          row(
            3 + offset, index, fragments(long, kind.opcode, size: size), event(kind.opcode, long)))
      }
      let middle = payload(64 * kilobyte)
      for (index, size) in [4, 8, 16, 32, 64, 128].enumerated() {
        found.append(
          row(5 + offset, index, [whole(middle)], pieces: size, event(kind.opcode, middle)))
      }
      for (index, size) in [0, 16, 64, 256, 1024, 4096].enumerated() {
        let short = payload(size)
        found.append(
          row(
            7 + offset, index, [[UInt8]](repeating: whole(short), count: 100),
            event(kind.opcode, short), count: 100))
      }
    }
    let text = stars(64 * kilobyte)
    found.append(
      WebSocketCase(
        number: "10.1.1", frames: fragments(Array(text.utf8), 1, size: 1300),
        events: [.text(text)]))
    return found
  }()
}
