// SPDX-License-Identifier: Apache-2.0

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
