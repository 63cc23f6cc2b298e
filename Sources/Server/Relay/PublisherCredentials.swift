// SPDX-License-Identifier: Apache-2.0

import HTTP

/// The key in the `Authorization` field of an upload: a bearer token or the password of HTTP Basic.
/// - Source: RFC 6750 §2.1; RFC 7617 §2
enum PublisherCredentials {
  /// The key; nil if the request has none.
  static func key(_ request: Request) -> String? {
    guard let field = request.header("authorization") else { return nil }
    let words = field.split(separator: " ")
    guard words.count == 2 else { return nil }
    switch words[0].lowercased() {
    case "bearer": return String(words[1])
    case "basic":
      guard let bytes = base64(words[1]), let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
      else { return nil }
      return String(decoding: bytes[(colon + 1)...], as: UTF8.self)
    default: return nil
    }
  }

  /// Decodes base64 with or without padding; nil for any other sign.
  /// - Source: RFC 4648 §4
  static func base64(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
    guard text.utf8.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") }),
      text.utf8.count - digits.count <= 2, digits.count % 4 != 1
    else { return nil }
    for digit in digits {
      let value: UInt8
      switch digit {
      case 0x41...0x5A: value = digit - 0x41
      case 0x61...0x7A: value = digit - 0x61 + 26
      case 0x30...0x39: value = digit - 0x30 + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      bits &= (1 << UInt32(count)) - 1
    }
    return bytes
  }
}
