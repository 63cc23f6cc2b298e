// SPDX-License-Identifier: Apache-2.0

import System

/// The secret in the `Authorization` field of a request.
///
/// - Source: RFC 9110 §11.6.2; RFC 6750 §2.1; RFC 7617 §2
package enum Authorization: Equatable {
  /// A bearer token.
  case bearer(String)
  /// The password of HTTP Basic.
  case password(String)

  /// The secret in the value of the field; nil without a value, and for any other scheme.
  package init?(field: String?) {
    let words = (field ?? "").split(separator: " ")
    guard words.count == 2 else { return nil }
    switch words[0].lowercased() {
    case "bearer": self = .bearer(String(words[1]))
    case "basic":
      guard let bytes = Base64.decode(words[1]), let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
      else { return nil }
      // bounded: after an index of the bytes
      self = .password(String(decoding: bytes[(colon + 1)...], as: UTF8.self))
    default: return nil
    }
  }

  /// The token or the password.
  package var secret: String {
    switch self {
    case .bearer(let text), .password(let text): text
    }
  }

  /// The bearer token; nil for a password.
  package var bearer: String? {
    switch self {
    case .bearer(let token): token
    case .password: nil
    }
  }
}
