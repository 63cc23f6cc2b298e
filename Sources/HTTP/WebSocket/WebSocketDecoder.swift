// SPDX-License-Identifier: Apache-2.0

/// What the frames of a client mean.
package enum WebSocketEvent: Sendable, Equatable {
  /// A whole message of text.
  case text(String)
  /// A whole binary message.
  case binary([UInt8])
  /// A frame that begins or continues a message and does not end it.
  case fragment
  /// A Ping frame with its payload, which the Pong frame must repeat.
  case ping([UInt8])
  /// A Pong frame.
  case pong
  /// A Close frame; nil without a code.
  case close(UInt16?)
}

/// Reads the frames of a client from bytes in pieces of any size: a pure state machine.
///
/// Holds at most one message and one control frame. After a violation, discard the decoder.
/// - Source: RFC 6455 §5
package struct WebSocketDecoder: Sendable {
  private struct Frame {
    let opcode: WebSocketOpcode
    let isFinal: Bool
    let mask: [UInt8]
    /// Bytes of the payload that are not received.
    var left: Int
    /// The index in `mask` for the next byte.
    var maskIndex = 0
  }

  /// The maximum number of bytes of a message.
  package var limit: Int
  /// The bytes of an incomplete head, at most 14.
  private var head: [UInt8] = []
  /// The frame whose payload is received; nil inside of a head.
  private var frame: Frame?
  /// The opcode of the message whose fragments are received.
  private var opcode: WebSocketOpcode?
  /// The state of a message of text: the first invalid byte is a violation (§8.1).
  private var validator = UTF8Validator()
  /// The received bytes of the message.
  private var message: [UInt8] = []
  /// The received bytes of the control frame.
  private var control: [UInt8] = []

  /// Whether a message or frame has begun that is not complete.
  package var isInsideMessage: Bool { frame != nil || opcode != nil || !head.isEmpty }

  /// A decoder of messages of at most `limit` bytes.
  package init(limit: Int) { self.limit = limit }

  /// Takes bytes up to the end of the next frame, and moves `position` behind them.
  ///
  /// - Returns: the meaning of the frame; nil if it is incomplete and all bytes are taken.
  package mutating func next(
    _ bytes: borrowing Span<UInt8>, _ position: inout Int
  ) throws(WebSocketViolation) -> WebSocketEvent? {
    while frame == nil {
      guard position < bytes.count else { return nil }
      head.append(bytes[position])
      position += 1
      if head.count == 2 { try checkStart() }
      if head.count >= 2, head.count == headSize {
        frame = try begin()
        head.removeAll(keepingCapacity: true)
      }
    }
    guard var current = frame else { return nil }
    while current.left > 0, position < bytes.count {
      let byte = bytes[position] ^ current.mask[current.maskIndex]
      if current.opcode.isControl {
        control.append(byte)
      } else {
        if opcode == .text, !validator.take(byte) { throw .invalidText }
        message.append(byte)
      }
      current.maskIndex = (current.maskIndex + 1) % 4
      current.left -= 1
      position += 1
    }
    guard current.left == 0 else {
      frame = current
      return nil
    }
    frame = nil
    return current.opcode.isControl ? try endControl(current.opcode) : try endData(current)
  }

  // MARK: Heads

  /// The number of bytes of a head with these first two bytes.
  private var headSize: Int {
    switch head[1] & 0x7F {
    case 126: 8
    case 127: 14
    default: 6
    }
  }

  /// Checks the first two bytes of a head.
  private func checkStart() throws(WebSocketViolation) {
    guard head[0] & 0x70 == 0 else { throw .reservedBits }
    guard let opcode = WebSocketOpcode(rawValue: head[0] & 0x0F) else {
      throw .unknownOpcode(head[0] & 0x0F)
    }
    guard head[1] & 0x80 != 0 else { throw .unmasked }
    if opcode.isControl {
      guard head[0] & 0x80 != 0, head[1] & 0x7F <= 125 else { throw .controlFrame }
    } else if opcode == .continuation {
      guard self.opcode != nil else { throw .unexpectedContinuation }
    } else {
      guard self.opcode == nil else { throw .interleaved }
    }
  }

  private mutating func begin() throws(WebSocketViolation) -> Frame {
    guard let opcode = WebSocketOpcode(rawValue: head[0] & 0x0F) else {
      throw .unknownOpcode(head[0] & 0x0F)
    }
    var length = UInt64(head[1] & 0x7F)
    if length >= 126 {
      let isLong = length == 127
      length = 0
      // bounded: the head is complete and ends with four bytes of the mask
      for byte in head[2..<head.count - 4] { length = length << 8 | UInt64(byte) }
      guard length >= (isLong ? 0x1_0000 : 126), length >> 63 == 0 else { throw .malformedLength }
    }
    if !opcode.isControl {
      guard length <= UInt64(max(0, limit - message.count)) else { throw .tooLarge(limit: limit) }
      if opcode != .continuation { self.opcode = opcode }
    }
    return Frame(
      opcode: opcode, isFinal: head[0] & 0x80 != 0, mask: Array(head.suffix(4)),
      left: Int(clamping: length))
  }

  // MARK: Ends

  private mutating func endData(_ frame: Frame) throws(WebSocketViolation) -> WebSocketEvent {
    guard frame.isFinal, let opcode else { return .fragment }
    var whole: [UInt8] = []
    swap(&whole, &message)
    self.opcode = nil
    guard opcode == .text else { return .binary(whole) }
    guard validator.isComplete else { throw .invalidText }
    guard let text = String(validating: whole, as: UTF8.self) else { throw .invalidText }
    return .text(text)
  }

  private mutating func endControl(
    _ opcode: WebSocketOpcode
  ) throws(WebSocketViolation) -> WebSocketEvent {
    var payload: [UInt8] = []
    swap(&payload, &control)
    switch opcode {
    case .ping: return .ping(payload)
    case .pong: return .pong
    default: break
    }
    guard payload.count >= 2 else {
      guard payload.isEmpty else { throw .invalidClose }
      return .close(nil)
    }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    guard WebSocketCloseCode.mayBeReceived(code) else { throw .invalidClose }
    guard String(validating: payload.dropFirst(2), as: UTF8.self) != nil else {
      throw .invalidText
    }
    return .close(code)
  }
}

/// Validates UTF-8 byte by byte, so that an invalid byte is found when it arrives: a pure state
/// machine.
///
/// - Source: RFC 3629 §4; Unicode 15.0, table 3-7
struct UTF8Validator: Sendable {
  /// The number of bytes of the character that are not received.
  private var left = 0
  /// The values that the next byte of the character may have.
  private var range: ClosedRange<UInt8> = 0x80...0xBF

  /// Whether no character is incomplete.
  var isComplete: Bool { left == 0 }

  /// Takes the next byte; false if it cannot follow.
  ///
  /// After false, discard the validator.
  mutating func take(_ byte: UInt8) -> Bool {
    guard left == 0 else {
      guard range.contains(byte) else { return false }
      left -= 1
      range = 0x80...0xBF
      return true
    }
    switch byte {
    case 0...0x7F: return true
    case 0xC2...0xDF: left = 1
    case 0xE0: (left, range) = (2, 0xA0...0xBF)  // others are overlong
    case 0xED: (left, range) = (2, 0x80...0x9F)  // others are surrogates
    case 0xE1...0xEF: left = 2
    case 0xF0: (left, range) = (3, 0x90...0xBF)  // others are overlong
    case 0xF1...0xF3: left = 3
    case 0xF4: (left, range) = (3, 0x80...0x8F)  // others are beyond U+10FFFF
    default: return false
    }
    return true
  }
}
