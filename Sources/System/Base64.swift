// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Base64 by OpenSSL, in the two alphabets of RFC 4648.
package enum Base64 {
  /// The last two signs of the alphabet, and whether padding is written.
  package enum Alphabet: Sendable {
    /// `+` and `/`, with padding; RFC 4648 §4.
    case standard
    /// `-` and `_`, without padding; RFC 4648 §5.
    case url

    fileprivate var lastSigns: (UInt8, UInt8) {
      switch self {
      case .standard: (UInt8(ascii: "+"), UInt8(ascii: "/"))
      case .url: (UInt8(ascii: "-"), UInt8(ascii: "_"))
      }
    }
  }

  /// The bytes as text.
  package static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard) -> String {
    // Four signs for each group of three bytes, and a NUL.
    // bounded: bytes in memory
    var signs = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = unsafe EVP_EncodeBlock(&signs, bytes, Int32(clamping: bytes.count))
    signs.removeLast(max(0, signs.count - Int(count)))
    guard alphabet == .url else { return String(decoding: signs, as: UTF8.self) }
    let (plus, slash) = alphabet.lastSigns
    let written = signs.filter { $0 != UInt8(ascii: "=") }.map { sign in
      switch sign {
      case UInt8(ascii: "+"): plus
      case UInt8(ascii: "/"): slash
      default: sign
      }
    }
    return String(decoding: written, as: UTF8.self)
  }

  /// The bytes of a text with or without padding; nil for any other text.
  ///
  /// OpenSSL ignores spaces and line ends; here they make the text invalid.
  package static func decode(
    _ text: some StringProtocol, _ alphabet: Alphabet = .standard
  ) -> [UInt8]? {
    let (plus, slash) = alphabet.lastSigns
    let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    var signs: [UInt8] = []
    for sign in text.utf8.dropLast(padding) {
      switch sign {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: signs.append(sign)
      case plus: signs.append(UInt8(ascii: "+"))
      case slash: signs.append(UInt8(ascii: "/"))
      default: return nil
      }
    }
    // bounded: 0 to 3
    let missing = (4 - signs.count % 4) % 4
    guard missing < 3, padding <= missing else { return nil }
    signs.append(contentsOf: repeatElement(UInt8(ascii: "="), count: missing))
    var bytes = [UInt8](repeating: 0, count: signs.count / 4 * 3)
    let count = unsafe EVP_DecodeBlock(&bytes, signs, Int32(clamping: signs.count))
    guard count == bytes.count else { return signs.isEmpty ? [] : nil }
    bytes.removeLast(min(missing, bytes.count))
    return bytes
  }
}
