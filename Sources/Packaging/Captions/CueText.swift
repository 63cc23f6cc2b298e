// SPDX-License-Identifier: Apache-2.0

/// The text of a cue: 1 to 8 lines that are not empty, without control characters.
package struct CueText: Sendable, Equatable {
  /// The most bytes of the text in UTF-8.
  package static let longest = 1000
  /// The most lines.
  package static let maximumLines = 8

  /// The lines.
  package let lines: [String]

  /// Why a text is refused; each has one line for the client.
  package enum Refusal: Error, CustomStringConvertible {
    case empty, tooLong, tooManyLines, controlCharacter

    /// The fault, and the expected text.
    package var description: String {
      switch self {
      case .empty: "the text is empty"
      case .tooLong: "the text is too long (expected at most \(CueText.longest) bytes in UTF-8)"
      case .tooManyLines: "the text has too many lines (expected at most \(CueText.maximumLines))"
      case .controlCharacter:
        "the text has a control character (expected characters and line feeds)"
      }
    }
  }

  /// Reads a text; white space around lines, and empty lines, are removed.
  package init(_ text: String) throws(Refusal) {
    guard text.utf8.count <= Self.longest else { throw .tooLong }
    let rows = text.unicodeScalars.split(omittingEmptySubsequences: false) {
      $0 == "\n" || $0 == "\r" || $0 == "\u{2028}" || $0 == "\u{2029}"
    }
    let isClean = rows.allSatisfy { row in
      row.allSatisfy { $0 == "\t" || $0.properties.generalCategory != .control }
    }
    guard isClean else { throw .controlCharacter }
    lines = rows.map { row in
      let trimmed = row.drop(while: \.properties.isWhitespace)
      let end = trimmed.lastIndex { !$0.properties.isWhitespace }
      return end.map { String(trimmed[...$0].map { $0 == "\t" ? " " : $0 }.text) } ?? ""
    }.filter { !$0.isEmpty }
    guard !lines.isEmpty else { throw .empty }
    guard lines.count <= Self.maximumLines else { throw .tooManyLines }
  }

  /// The lines with line feeds between them.
  package var text: String { lines.joined(separator: "\n") }
}

extension [Unicode.Scalar] {
  /// The scalars as text.
  fileprivate var text: String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: self)
    return String(text)
  }
}
