// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Checked

/// The SHA-256 of a secret text, which is kept instead of the text.
package struct SecretDigest: Sendable, Hashable {
  /// The number of characters from which a random secret withstands guesses.
  package static let longLength = 16

  private let bytes: [UInt8]
  /// Whether the text, or of a path the part after the last slash, has fewer than ``longLength``
  /// characters.
  package let isShort: Bool

  /// The digest of a text.
  package init(_ text: String) {
    var digest = [UInt8](repeating: 0, count: 32)
    let text = Array(text.utf8)
    unsafe _ = SHA256(text, text.count, &digest)
    bytes = digest
    isShort = Self.isShort(text)
  }

  private static func isShort(_ text: [UInt8]) -> Bool {
    text.reversed().prefix { $0 != UInt8(ascii: "/") }.count < longLength
  }

  /// Whether a text would be a short secret.
  package static func isShort(_ text: String) -> Bool { isShort(Array(text.utf8)) }

  /// Whether a text has this digest; the time does not depend on the text's content.
  package func matches(_ text: String) -> Bool {
    Digest.isSame(bytes, SecretDigest(text).bytes)
  }

  /// HMAC-SHA256 of a text by the digest.
  package func signature(of text: String) -> [UInt8] {
    Digest.hmacSHA256(Array(text.utf8), key: bytes)
  }

  /// The digest in hexadecimal; for comparisons, not for the log.
  package var text: String { hexadecimal(bytes) }
}
