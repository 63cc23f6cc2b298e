// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net

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
      guard let bytes = Base64.decode(words[1]), let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
      else { return nil }
      return String(decoding: bytes[(colon + 1)...], as: UTF8.self)
    default: return nil
    }
  }
}
