// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Testing

/// The frame of a client, masked with 37 fa 21 3d.
func clientFrame(
  _ first: UInt8, _ payload: [UInt8], mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
) -> [UInt8] {
  var bytes: [UInt8] = []
  switch payload.count {
  case ...125: bytes = [first, 0x80 | UInt8(payload.count)]
  case ...0xFFFF:
    bytes = [first, 0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
  default:
    bytes = [first, 0xFF]
    for index in 0..<8 { bytes.append(UInt8(payload.count >> (56 - 8 * index) & 0xFF)) }
  }
  // Eight bytes at a time: the suite has megabytes, and tests are built without optimisation.
  let eight = unsafe (mask + mask).withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt64.self) }
  var masked = payload
  unsafe masked.withUnsafeMutableBytes { masked in
    var index = 0
    while index + 8 <= masked.count {
      let bytes = unsafe masked.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      unsafe masked.storeBytes(of: bytes ^ eight, toByteOffset: index, as: UInt64.self)
      index += 8
    }
    while index < masked.count {
      unsafe masked[index] ^= mask[index % 4]
      index += 1
    }
  }
  return bytes + mask + masked
}

@Suite("Frames of WebSocket clients, RFC 6455 §5")
struct WebSocketDecoderTests {
  /// The events of bytes that arrive in pieces of `size`.
  private func events(
    _ bytes: [UInt8], pieces size: Int = .max, limit: Int = 1000
  ) throws(WebSocketViolation) -> [WebSocketEvent] {
    var decoder = WebSocketDecoder(limit: limit)
    var found: [WebSocketEvent] = []
    var start = 0
    while start < bytes.count {
      let piece = Array(bytes[start..<min(bytes.count, start + min(size, bytes.count))])
      var position = 0
      while let event = try decoder.next(piece.span, &position) { found.append(event) }
      #expect(position == piece.count)
      start += piece.count
    }
    return found
  }

  @Test("the masked text of the example in §5.7", arguments: [1, 2, 3, 100])
  func example(size: Int) throws {
    let bytes: [UInt8] = [
      0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58,
    ]
    #expect(try events(bytes, pieces: size) == [.text("Hello")])
  }

  @Test("fragments are one message, with control frames between them", arguments: [1, 7, 1000])
  func fragments(size: Int) throws {
    let bytes =
      clientFrame(0x01, Array("Hel".utf8)) + clientFrame(0x89, [1, 2])
      + clientFrame(0x00, []) + clientFrame(0x8A, []) + clientFrame(0x80, Array("lo".utf8))
      + clientFrame(0x82, [9])
    #expect(
      try events(bytes, pieces: size)
        == [.fragment, .ping([1, 2]), .fragment, .pong, .text("Hello"), .binary([9])])
  }

  @Test("each form of the length", arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
  func lengths(count: Int) throws {
    let payload = [UInt8](repeating: 0x41, count: count)
    let expected = String(repeating: "A", count: count)
    #expect(try events(clientFrame(0x81, payload), limit: 70_000) == [.text(expected)])
    var head: [UInt8] = []
    WebSocketFrame.appendHead(.binary, count: count, to: &head)
    #expect(head.count == (count < 126 ? 2 : count < 65_536 ? 4 : 10))
    #expect(WebSocketFrame.frame(.binary, payload).count == head.count + count)
  }

  @Test("Close frames without and with a code and a reason")
  func closes() throws {
    #expect(try events(clientFrame(0x88, [])) == [.close(nil)])
    for code in [1000, 1001, 1003, 1007, 1014, 3000, 4999] {
      let bytes = [UInt8(code >> 8), UInt8(code & 0xFF)]
      #expect(try events(clientFrame(0x88, bytes)) == [.close(UInt16(code))])
      #expect(
        try events(clientFrame(0x88, bytes + Array("reason".utf8))) == [.close(UInt16(code))])
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
      #expect(throws: WebSocketViolation.invalidClose) {
        try events(clientFrame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)]))
      }
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let violation: WebSocketViolation
    let code: UInt16
    var testDescription: String { violation.description }
  }

  static let rows = [
    Row(bytes: clientFrame(0xC1, []), violation: .reservedBits, code: 1002),
    Row(bytes: clientFrame(0xA1, []), violation: .reservedBits, code: 1002),
    Row(bytes: clientFrame(0x91, []), violation: .reservedBits, code: 1002),
    Row(bytes: clientFrame(0x83, []), violation: .unknownOpcode(3), code: 1002),
    Row(bytes: clientFrame(0x8B, []), violation: .unknownOpcode(11), code: 1002),
    Row(bytes: clientFrame(0x8F, []), violation: .unknownOpcode(15), code: 1002),
    Row(bytes: [0x81, 0x05], violation: .unmasked, code: 1002),
    Row(bytes: clientFrame(0x09, []), violation: .controlFrame, code: 1002),
    Row(bytes: clientFrame(0x08, []), violation: .controlFrame, code: 1002),
    Row(
      bytes: clientFrame(0x89, [UInt8](repeating: 0, count: 126)), violation: .controlFrame,
      code: 1002),
    Row(bytes: [0x81, 0xFE, 0, 125, 0, 0, 0, 0], violation: .malformedLength, code: 1002),
    Row(
      bytes: [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], violation: .malformedLength,
      code: 1002),
    Row(
      bytes: [0x81, 0xFF] + [UInt8](repeating: 0xFF, count: 12), violation: .malformedLength,
      code: 1002),
    Row(
      bytes: [0x81, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 11),
      violation: .tooLarge(limit: 1000), code: 1009),
    Row(
      bytes: [0x81, 0xFE, 0x03, 0xE9, 0, 0, 0, 0], violation: .tooLarge(limit: 1000), code: 1009),
    Row(
      bytes: clientFrame(0x01, [UInt8](repeating: 0x41, count: 600))
        + clientFrame(0x00, [UInt8](repeating: 0x41, count: 600)),
      violation: .tooLarge(limit: 1000), code: 1009),
    Row(bytes: clientFrame(0x80, []), violation: .unexpectedContinuation, code: 1002),
    Row(
      bytes: clientFrame(0x81, []) + clientFrame(0x00, []), violation: .unexpectedContinuation,
      code: 1002),
    Row(
      bytes: clientFrame(0x01, []) + clientFrame(0x81, []), violation: .interleaved, code: 1002),
    Row(bytes: clientFrame(0x81, [0xC3]), violation: .invalidText, code: 1007),
    Row(bytes: clientFrame(0x81, [0xED, 0xA0, 0x80]), violation: .invalidText, code: 1007),
    Row(
      bytes: clientFrame(0x81, [0xF4, 0x90, 0x80, 0x80]), violation: .invalidText, code: 1007),
    Row(bytes: clientFrame(0x88, [3]), violation: .invalidClose, code: 1002),
    Row(bytes: clientFrame(0x88, [3, 0xE8, 0xFF]), violation: .invalidText, code: 1007),
  ]

  @Test("violations, with the code of the Close frame", arguments: rows, [1, 1000])
  func violations(row: Row, size: Int) {
    #expect(row.violation.closeCode.number == row.code)
    #expect(throws: row.violation) { try events(row.bytes, pieces: size) }
  }

  @Test("text that is split inside of a character is whole again")
  func splitCharacter() throws {
    let bytes = Array("aé€😀".utf8)
    for cut in 0...bytes.count {
      let whole = clientFrame(0x01, Array(bytes[..<cut])) + clientFrame(0x80, Array(bytes[cut...]))
      #expect(try events(whole).last == .text("aé€😀"))
    }
  }
}
