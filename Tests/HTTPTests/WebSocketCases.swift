// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

/// A case of the Autobahn test suite for servers, sections 1–7, 9 and 10: what a client sends, and
/// what the server makes of it.
///
/// Payloads are those of the suite, but in section 9.
struct WebSocketCase: Sendable, CustomTestStringConvertible {
  /// The number in the suite.
  let number: String
  let frames: [[UInt8]]
  /// The size of the pieces in which the bytes arrive; all at once by default.
  var pieces = Int.max
  /// The events before a violation, without fragments.
  let events: [WebSocketEvent]
  /// The largest message of the receiver.
  var limit = 65_536
  /// The code with which the server fails the connection; nil if it does not.
  var code: UInt16?

  var testDescription: String { number }

  static let hello = "Hello, world!"
  static let binary: [UInt8] = [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF]
  /// κόσμε, of which ό is U+1F79: three bytes.
  static let greek: [UInt8] = [
    0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5,
  ]
  private static let edited = Array("edited".utf8)

  static func text(_ text: String, final: Bool = true, first: UInt8 = 1) -> [UInt8] {
    clientFrame((final ? 0x80 : 0) | first, Array(text.utf8))
  }

  static func ping(_ text: String) -> [UInt8] { clientFrame(0x89, Array(text.utf8)) }

  static func stars(_ count: Int) -> String { String(repeating: "*", count: count) }

  static func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xFE, count: count) }

  /// A message in frames of `size` bytes.
  static func fragments(_ payload: [UInt8], _ opcode: UInt8, size: Int) -> [[UInt8]] {
    stride(from: 0, to: payload.count, by: size).map { start in
      let end = min(start + size, payload.count)
      return clientFrame(
        (end == payload.count ? 0x80 : 0) | (start == 0 ? opcode : 0), Array(payload[start..<end]))
    }
  }

  static let all: [WebSocketCase] = [
    framing, pings, manyPings, reserved, opcodes, fragmentation, texts, sequences, closes,
    closeCodes, sizes,
  ].flatMap { $0 }

  /// Section 1: the forms of the length.
  private static let framing: [WebSocketCase] = {
    var found: [WebSocketCase] = []
    for (index, count) in [0, 125, 126, 127, 128, 65_535, 65_536, 65_536].enumerated() {
      let pieces = index == 7 ? 997 : Int.max
      found.append(
        WebSocketCase(
          number: "1.1.\(index + 1)", frames: [text(stars(count))], pieces: pieces,
          events: [.text(stars(count))]))
      found.append(
        WebSocketCase(
          number: "1.2.\(index + 1)", frames: [clientFrame(0x82, bytes(count))], pieces: pieces,
          events: [.binary(bytes(count))]))
    }
    return found
  }()

  /// Section 2.
  private static let pings: [WebSocketCase] = [
    WebSocketCase(number: "2.1", frames: [ping("")], events: [.ping([])]),
    WebSocketCase(number: "2.2", frames: [ping(hello)], events: [.ping(Array(hello.utf8))]),
    WebSocketCase(number: "2.3", frames: [clientFrame(0x89, binary)], events: [.ping(binary)]),
    WebSocketCase(
      number: "2.4", frames: [clientFrame(0x89, bytes(125))], events: [.ping(bytes(125))]),
    WebSocketCase(
      number: "2.5", frames: [clientFrame(0x89, bytes(126))], events: [], code: 1002),
    WebSocketCase(
      number: "2.6", frames: [clientFrame(0x89, bytes(125))], pieces: 1,
      events: [.ping(bytes(125))]),
    WebSocketCase(number: "2.7", frames: [clientFrame(0x8A, [])], events: [.pong]),
    WebSocketCase(number: "2.8", frames: [clientFrame(0x8A, binary)], events: [.pong]),
    WebSocketCase(
      number: "2.9", frames: [clientFrame(0x8A, binary), ping("ping payload")],
      events: [.pong, .ping(Array("ping payload".utf8))]),
  ]

  private static let manyPings: [WebSocketCase] = {
    let payloads = (0..<10).map { "payload-\($0)" }
    let events: [WebSocketEvent] = payloads.map { .ping(Array($0.utf8)) }
    return [
      WebSocketCase(number: "2.10", frames: payloads.map(ping), events: events),
      WebSocketCase(number: "2.11", frames: payloads.map(ping), pieces: 1, events: events),
    ]
  }()

  /// Section 3: reserved bits without an extension.
  private static let reserved: [WebSocketCase] = [
    WebSocketCase(
      number: "3.1", frames: [clientFrame(0x91, Array(hello.utf8))], events: [], code: 1002),
    afterHello("3.2", clientFrame(0xA1, Array(hello.utf8))),
    afterHello("3.3", clientFrame(0xB1, Array(hello.utf8)), pieces: 15),
    afterHello("3.4", clientFrame(0xC1, Array(hello.utf8)), pieces: 1),
    WebSocketCase(number: "3.5", frames: [clientFrame(0xD2, binary)], events: [], code: 1002),
    WebSocketCase(
      number: "3.6", frames: [clientFrame(0xE9, Array(hello.utf8))], events: [], code: 1002),
    WebSocketCase(number: "3.7", frames: [clientFrame(0xF8, [])], events: [], code: 1002),
  ]

  /// A message, a frame that violates the protocol, and a Ping frame without effect.
  private static func afterHello(
    _ number: String, _ bad: [UInt8], pieces: Int = .max
  ) -> WebSocketCase {
    WebSocketCase(
      number: number, frames: [text(hello), bad, ping("")], pieces: pieces,
      events: [.text(hello)], code: 1002)
  }

  /// Section 4: opcodes without a meaning.
  private static let opcodes: [WebSocketCase] = {
    var found: [WebSocketCase] = []
    for (group, first) in [(1, UInt8(0x83)), (2, 0x8B)] {
      let payload = Array(hello.utf8)
      found += [
        WebSocketCase(
          number: "4.\(group).1", frames: [clientFrame(first, [])], events: [], code: 1002),
        WebSocketCase(
          number: "4.\(group).2", frames: [clientFrame(first + 1, payload)], events: [],
          code: 1002),
        afterHello("4.\(group).3", clientFrame(first + 2, [])),
        afterHello("4.\(group).4", clientFrame(first + 3, payload)),
        afterHello("4.\(group).5", clientFrame(first + 4, payload), pieces: 1),
      ]
    }
    return found
  }()

  /// Section 5.
  private static let fragmentation: [WebSocketCase] = {
    let two = [text("fragment1", final: false), text("fragment2", first: 0)]
    let withPing = [two[0], ping("ping payload"), two[1]]
    let pong = WebSocketEvent.ping(Array("ping payload".utf8))
    let loose = text("non-continuation payload", first: 0)
    let open = text("non-continuation payload", final: false, first: 0)
    let five: [[UInt8]] = [
      text("fragment1", final: false), text("fragment2", final: false, first: 0),
      ping("pongme 1!"), text("fragment3", final: false, first: 0),
      text("fragment4", final: false, first: 0), ping("pongme 2!"), text("fragment5", first: 0),
    ]
    let all = WebSocketEvent.text((1...5).map { "fragment\($0)" }.joined())
    let pongs = ["pongme 1!", "pongme 2!"].map { WebSocketEvent.ping(Array($0.utf8)) }
    func row(
      _ number: Int, _ frames: [[UInt8]], _ pieces: Int, _ events: [WebSocketEvent],
      _ code: UInt16? = nil
    ) -> WebSocketCase {
      WebSocketCase(
        number: "5.\(number)", frames: frames, pieces: pieces, events: events, code: code)
    }
    let message = [WebSocketEvent.text("fragment1fragment2")]
    return [
      row(1, [clientFrame(0x09, Array("fragment1".utf8)), two[1]], .max, [], 1002),
      row(2, [clientFrame(0x0A, Array("fragment1".utf8)), two[1]], .max, [], 1002),
      row(3, two, .max, message), row(4, two, 15, message), row(5, two, 1, message),
      row(6, withPing, .max, [pong] + message), row(7, withPing, 15, [pong] + message),
      row(8, withPing, 1, [pong] + message),
      row(9, [loose, text(hello)], .max, [], 1002), row(10, [loose, text(hello)], 30, [], 1002),
      row(11, [loose, text(hello)], 1, [], 1002), row(12, [open, text(hello)], .max, [], 1002),
      row(13, [open, text(hello)], 30, [], 1002), row(14, [open, text(hello)], 1, [], 1002),
      row(
        15, two + [text("fragment3", final: false, first: 0), text("fragment4")], .max, message,
        1002),
      row(16, [open] + two + [open] + two, .max, [], 1002),
      row(17, [loose] + two + [loose] + two, .max, [], 1002),
      row(18, [two[0], text("fragment2")], .max, [], 1002),
      row(19, five, .max, pongs + [all]), row(20, five, 15, pongs + [all]),
    ]
  }()

  /// Sections 6.1 to 6.4.
  private static let texts: [WebSocketCase] = {
    let mixed = "Hello-µ@ßöäüàá-UTF-8!!"
    let (begin, end) = ("Hello-µ@ßöä", "üàá-UTF-8!!")
    let bad = greek + [0xED, 0xA0, 0x80] + edited
    let beyond = greek + [0xF4, 0x90, 0x80, 0x80] + edited
    // The last bytes are missing: the first invalid byte has to fail the connection.
    func cut(_ count: Int) -> [[UInt8]] {
      [
        clientFrame(0x01, greek),
        clientFrame(0x00, Array(beyond[greek.count..<greek.count + count])),
      ]
    }
    return [
      WebSocketCase(number: "6.1.1", frames: [text("")], events: [.text("")]),
      WebSocketCase(
        number: "6.1.2",
        frames: [
          text("", final: false), text("", final: false, first: 0), text("", first: 0),
        ], events: [.text("")]),
      WebSocketCase(
        number: "6.1.3",
        frames: [
          text("", final: false), text("middle frame payload", final: false, first: 0),
          text("", first: 0),
        ], events: [.text("middle frame payload")]),
      WebSocketCase(number: "6.2.1", frames: [text(mixed)], events: [.text(mixed)]),
      WebSocketCase(
        number: "6.2.2", frames: [text(begin, final: false), text(end, first: 0)],
        events: [.text(mixed)]),
      WebSocketCase(
        number: "6.2.3", frames: fragments(Array(mixed.utf8), 1, size: 1),
        events: [.text(mixed)]),
      WebSocketCase(
        number: "6.2.4", frames: fragments(greek, 1, size: 1),
        events: [.text(String(decoding: greek, as: UTF8.self))]),
      WebSocketCase(number: "6.3.1", frames: [clientFrame(0x81, bad)], events: [], code: 1007),
      WebSocketCase(number: "6.3.2", frames: fragments(bad, 1, size: 1), events: [], code: 1007),
      WebSocketCase(number: "6.4.1", frames: cut(4), events: [], code: 1007),
      WebSocketCase(number: "6.4.2", frames: cut(2), events: [], code: 1007),
      WebSocketCase(
        number: "6.4.3", frames: [Array(clientFrame(0x81, beyond).dropLast(edited.count))],
        events: [], code: 1007),
      WebSocketCase(
        number: "6.4.4", frames: [Array(clientFrame(0x81, beyond).dropLast(edited.count + 2))],
        events: [], code: 1007),
    ]
  }()

  private static func close(_ code: Int, _ reason: [UInt8] = []) -> [UInt8] {
    clientFrame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
  }

  /// Sections 7.3 and 7.5; 7.1 needs a connection.
  private static let closes: [WebSocketCase] = {
    let star = UInt8(ascii: "*")
    return [
      WebSocketCase(number: "7.3.1", frames: [clientFrame(0x88, [])], events: [.close(nil)]),
      WebSocketCase(number: "7.3.2", frames: [clientFrame(0x88, [0x61])], events: [], code: 1002),
      WebSocketCase(number: "7.3.3", frames: [close(1000)], events: [.close(1000)]),
      WebSocketCase(
        number: "7.3.4", frames: [close(1000, Array("Hello World!".utf8))],
        events: [.close(1000)]),
      WebSocketCase(
        number: "7.3.5", frames: [close(1000, [UInt8](repeating: star, count: 123))],
        events: [.close(1000)]),
      WebSocketCase(
        number: "7.3.6", frames: [close(1000, [UInt8](repeating: star, count: 124))], events: [],
        code: 1002),
      WebSocketCase(
        number: "7.5.1", frames: [close(1000, greek + [0xED, 0xA0, 0x80] + edited)], events: [],
        code: 1007),
    ]
  }()

  /// Sections 7.7, 7.9 and 7.13: codes that a client may send, and others.
  private static let closeCodes: [WebSocketCase] = {
    var found: [WebSocketCase] = []
    let valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
    for (index, code) in valid.enumerated() {
      found.append(
        WebSocketCase(
          number: "7.7.\(index + 1)", frames: [close(code)], events: [.close(UInt16(code))]))
    }
    let invalid = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
    for (section, codes) in [("7.9", invalid), ("7.13", [5000, 65_535])] {
      for (index, code) in codes.enumerated() {
        found.append(
          WebSocketCase(
            number: "\(section).\(index + 1)", frames: [close(code)], events: [], code: 1002))
      }
    }
    return found
  }()
}
