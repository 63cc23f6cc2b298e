// SPDX-License-Identifier: Apache-2.0

/// A passphrase of SRT: a text that encrypts, so it is kept as it is; it is never printed.
package struct Passphrase: Sendable, Equatable, CustomStringConvertible {
  /// The valid lengths in bytes.
  /// - Source: libsrt, `SRTO_PASSPHRASE`
  package static let lengths = 10...79

  /// The text.
  package let text: String

  /// A passphrase; nil if its length is invalid, or if it has control characters.
  package init?(_ text: String) {
    guard Self.lengths.contains(text.utf8.count),
      text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    self.text = text
  }

  package var description: String { "***" }
}
