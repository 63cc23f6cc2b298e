// SPDX-License-Identifier: Apache-2.0

import Checked

/// A language tag of BCP 47, such as `de`, `pt-BR` or `zh-Hant`, in its usual case.
///
/// - Source: RFC 5646 §2.1; private use tags and the irregular ones of §2.2.8 are not read
package struct LanguageTag: Sendable, Hashable {
  /// The most characters of a tag.
  /// - Source: RFC 5646 §4.4.1
  package static let longest = 35

  /// The tag.
  package let text: String
  /// The language of its first subtag.
  package let language: Language

  /// Reads a tag in any case; nil for other texts, and for unknown languages of two letters.
  ///
  /// A language gets its shortest code: `deu` is `de`.
  package init?(_ text: some StringProtocol) {
    guard (2...Self.longest).contains(text.utf8.count) else { return nil }
    let subtags = text.split(separator: "-", omittingEmptySubsequences: false)
    guard let first = subtags.first, (2...3).contains(first.utf8.count),
      first.utf8.allSatisfy(Self.isLetter),
      subtags.dropFirst().allSatisfy({ subtag in
        (2...8).contains(subtag.utf8.count)
          && NameCharacters.isMade(subtag, with: "")
      })
    else { return nil }
    language = Language(String(first))
    guard language != .undetermined || first.lowercased() == "und" else { return nil }
    let rest = subtags.dropFirst().map { subtag in
      // A script of four letters, a region of two (§2.1.1).
      switch subtag.utf8.count {
      case 2: subtag.uppercased()
      case 4 where subtag.utf8.allSatisfy(Self.isLetter): subtag.capitalized
      default: subtag.lowercased()
      }
    }
    self.text = ([language.tag] + rest).joined(separator: "-")
  }

  /// The language's own name, with the other subtags after it: `Português (BR)`.
  package var name: String {
    let rest = text.dropFirst(language.tag.utf8.count + 1)
    return rest.isEmpty ? language.name : "\(language.name) (\(rest))"
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
  }
}

extension StringProtocol {
  /// The text with its first letter in upper case, and the others in lower case.
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst().lowercased() }
}
