// SPDX-License-Identifier: Apache-2.0

import Checked

/// The name of a file of an uploaded stream: its path below the stream, of at most four elements.
package struct UploadName: Hashable, Sendable, CustomStringConvertible {
  private static let depth = 4
  private static let elementLength = 128
  private static let length = 255

  /// The elements with slashes between them.
  package let text: String

  /// A name from the elements of a path, without percent-escapes; nil if no file may have it.
  ///
  /// Elements are not empty, do not begin with a dot, and have ASCII letters, digits and some signs
  /// only: a name needs no escape in a URL, in HTML or in a log.
  package init?(_ elements: some Collection<String>) {
    guard (1...Self.depth).contains(elements.count), elements.allSatisfy(Self.isElement) else {
      return nil
    }
    text = elements.joined(separator: "/")
    guard text.utf8.count <= Self.length else { return nil }
  }

  package var description: String { text }

  /// The letters after the last dot, in lower case; empty if there is no dot.
  package var suffix: String {
    let last = text.split(separator: "/").last ?? ""
    guard let dot = last.lastIndex(of: ".") else { return "" }
    return last[last.index(after: dot)...].lowercased()
  }

  /// Whether the file lists other files, so that it is replaced often and as a whole.
  package var isIndex: Bool { ["m3u8", "m3u", "mpd", "xml", "json"].contains(suffix) }

  private static func isElement(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= elementLength && text.utf8.first != UInt8(ascii: ".")
      && NameCharacters.isMade(text, with: "._-~()+,=@!$*:")
  }
}
