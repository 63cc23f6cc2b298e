// SPDX-License-Identifier: Apache-2.0

/// Why the frames of a client are refused.
///
/// - Source: RFC 6455 §5
package enum WebSocketViolation: Error, Sendable, Equatable {
  /// A reserved bit is set, and no extension is negotiated; §5.2.
  case reservedBits
  /// The opcode is reserved; §5.2.
  case unknownOpcode(UInt8)
  /// The frame of a client is not masked; §5.1.
  case unmasked
  /// A control frame is fragmented or longer than 125 bytes; §5.5.
  case controlFrame
  /// The length is negative or has more bytes than it needs; §5.2.
  case malformedLength
  /// A continuation without a first fragment; §5.4.
  case unexpectedContinuation
  /// A new message before the last fragment of the one before; §5.4.
  case interleaved
  /// Text that is not UTF-8; §8.1.
  case invalidText
  /// A Close frame of one byte, or with a code that must not be sent; §5.5.1, §7.4.
  case invalidClose
  /// A message of more than `limit` bytes.
  case tooLarge(limit: Int)

  /// The code of the Close frame that answers the violation.
  package var closeCode: WebSocketCloseCode {
    switch self {
    case .invalidText: .invalidData
    case .tooLarge: .tooLarge
    case .reservedBits, .unknownOpcode, .unmasked, .controlFrame, .malformedLength,
      .unexpectedContinuation, .interleaved, .invalidClose:
      .protocolError
    }
  }
}

extension WebSocketViolation: CustomStringConvertible {
  package var description: String {
    switch self {
    case .reservedBits: "a reserved bit is set"
    case .unknownOpcode(let opcode): "unknown opcode \(opcode)"
    case .unmasked: "the frame is not masked"
    case .controlFrame: "a control frame is fragmented or too long"
    case .malformedLength: "malformed length"
    case .unexpectedContinuation: "continuation without a first fragment"
    case .interleaved: "a message inside another one"
    case .invalidText: "text is not UTF-8"
    case .invalidClose: "malformed Close frame"
    case .tooLarge(let limit): "message too large (at most \(limit) bytes)"
    }
  }
}
