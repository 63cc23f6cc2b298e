// SPDX-License-Identifier: Apache-2.0

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
