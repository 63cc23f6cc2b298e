// SPDX-License-Identifier: Apache-2.0

import Checked
package import Sharing

/// The meaning of a frame's payload.
///
/// - Source: RFC 6455 §5.2, §11.8
package enum WebSocketOpcode: UInt8, Sendable {
  case continuation = 0
  case text = 1
  case binary = 2
  case close = 8
  case ping = 9
  case pong = 10

  /// Whether the frame is a control frame: short, not fragmented, and permitted inside a message.
  var isControl: Bool { rawValue >= 8 }
}

/// Frames as a server sends them: not masked, not fragmented.
///
/// - Source: RFC 6455 §5.1, §5.2
package enum WebSocketFrame {
  /// The most bytes of a head.
  package static let maximumHeadLength = 10

  /// Appends the head of a frame with a payload of `count` bytes: 2, 4 or 10 bytes.
  package static func appendHead(
    _ opcode: WebSocketOpcode, count: Int, to bytes: inout [UInt8]
  ) {
    bytes.append(0x80 | opcode.rawValue)
    let (digits, marker): (Int, UInt8) =
      switch count {
      case ...125: (0, UInt8(clamping: count))
      case ...0xFFFF: (2, 126)
      default: (8, 127)
      }
    bytes.append(marker)
    for index in (0..<digits).reversed() {
      // bounded: at most eight bytes
      bytes.append(UInt8(truncatingIfNeeded: count >> (8 * index)))
    }
  }

  /// A whole frame.
  package static func frame(_ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>)
    -> SharedBytes
  {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.maximumHeadLength + payload.count)
    appendHead(opcode, count: payload.count, to: &bytes)
    bytes.append(contentsOf: payload)
    return SharedBytes(bytes)
  }

  /// A text message.
  package static func text(_ text: String) -> SharedBytes { frame(.text, text.utf8) }

  /// A Close frame; of the reason as much is sent as fits into a control frame.
  static func close(_ code: WebSocketCloseCode, _ reason: String) -> SharedBytes {
    var text = reason
    while text.utf8.count > 123 { text.removeLast() }
    return frame(.close, code.number.bigEndianBytes() + Array(text.utf8))
  }
}

/// The status code of a Close frame.
///
/// - Source: RFC 6455 §7.4
package struct WebSocketCloseCode: Sendable, Hashable {
  /// The number on the wire.
  package let number: UInt16

  private init(_ number: UInt16) { self.number = number }

  /// The code that answers a Close frame: the same one, §5.5.1; 1000 without a code.
  init(answering number: UInt16?) { self.number = number ?? 1000 }

  /// The purpose of the connection is fulfilled.
  package static let normal = WebSocketCloseCode(1000)
  /// The server goes down.
  package static let goingAway = WebSocketCloseCode(1001)
  /// A frame violates the protocol.
  package static let protocolError = WebSocketCloseCode(1002)
  /// A message has a type that is not accepted.
  package static let unsupported = WebSocketCloseCode(1003)
  /// A message is not consistent with its type, such as text that is not UTF-8.
  package static let invalidData = WebSocketCloseCode(1007)
  /// A message violates the policy of the server.
  package static let policy = WebSocketCloseCode(1008)
  /// A message is too large.
  package static let tooLarge = WebSocketCloseCode(1009)

  /// A code of the application, 4000 to 4999; others become 4000.
  package init(application number: UInt16) {
    self.number = (4000...4999).contains(number) ? number : 4000
  }

  /// Whether a client may send `number` in a Close frame: 1004 to 1006 and 1015 are reserved for
  /// other purposes, 1016 to 2999 for extensions, of which none is negotiated.
  static func mayBeReceived(_ number: UInt16) -> Bool {
    switch number {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
