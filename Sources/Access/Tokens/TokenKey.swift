// SPDX-License-Identifier: Apache-2.0

import Checked
import System

/// A secret with a name, which signs tokens.
///
/// Several keys are valid at the same time: a key can be replaced while its tokens are used.
package struct TokenKey: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  /// The name, which is part of each token.
  package let identifier: String
  private let secret: [UInt8]

  /// A key from `KID:SECRET`; nil for any other text.
  ///
  /// The name has 1 to 16 letters, digits, `_` and `-`; the secret has 32 to 256 printable
  /// characters of ASCII.
  package init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let (name, secret) = (text[..<colon], text[colon...].dropFirst())
    guard (1...16).contains(name.utf8.count), NameCharacters.isWord(name),
      (32...256).contains(secret.utf8.count),
      secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    identifier = String(name)
    self.secret = Array(secret.utf8)
  }

  /// A key that was derived from another one; `name` has 1 to 16 letters, digits, `_` and `-`.
  init(named name: String, secret: [UInt8]) {
    identifier = name
    self.secret = secret
  }

  /// HMAC-SHA256 of a text.
  package func signature(of text: String) -> [UInt8] {
    Digest.hmacSHA256(Array(text.utf8), key: secret)
  }

  /// The name, without the secret.
  package var description: String { identifier }

  /// Nothing of the secret: `dump` and failures of tests print the parts of a value.
  package var customMirror: Mirror { Mirror(self, children: ["identifier": identifier]) }
}
