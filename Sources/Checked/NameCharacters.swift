// SPDX-License-Identifier: Apache-2.0

/// The characters of names, keys and tokens that are parts of URLs.
package enum NameCharacters {
  /// The signs of names of streams and sync groups, beside letters and digits.
  package static let nameSigns = "._-"

  /// Whether a text has only letters and digits of ASCII, and `signs`.
  package static func isMade(_ text: some StringProtocol, with signs: String) -> Bool {
    text.utf8.allSatisfy { isLetterOrDigit($0) || signs.utf8.contains($0) }
  }

  /// Whether a byte is a letter or a digit of ASCII.
  package static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  /// Whether a text has only letters, digits, `_` and `-`, as base64url.
  package static func isWord(_ text: some StringProtocol) -> Bool { isMade(text, with: "_-") }

  /// Whether a text is 1 to 64 letters, digits and `. _ -`.
  package static func isName(_ text: some StringProtocol) -> Bool {
    (1...64).contains(text.utf8.count) && isMade(text, with: nameSigns)
  }
}
