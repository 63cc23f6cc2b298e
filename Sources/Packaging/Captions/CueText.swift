// SPDX-License-Identifier: Apache-2.0

package import Media

/// The text of a cue: 1 to 8 lines that are not empty, without control characters.
package struct CueText: Sendable, Equatable {
  /// The most bytes of the text in UTF-8.
  package static let longest = 1000
  /// The most bytes of a marked text: a mark before each character.
  package static let maximumMarked = 2 * longest  // bounded: a constant
  /// The most lines.
  package static let maximumLines = 8

  /// A part of a line in one colour.
  package struct Run: Sendable, Equatable {
    package let text: String
    /// Nil for the usual colour.
    package let colour: TextColour?
  }

  /// The parts of each line.
  package let runs: [[Run]]

  /// The lines.
  package var lines: [String] { runs.map { $0.map(\.text).joined() } }

  /// Whether a part of a line has another colour than the usual one.
  package var isColoured: Bool { runs.contains { $0.contains { $0.colour != nil } } }

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
    try self.init(text, isMarked: false)
  }

  /// Reads a text with marks of ``TextColour``; each line begins with the usual colour.
  package init(marked text: String) throws(Refusal) {
    let length = text.utf8.count { $0 >= 8 }
    guard length <= Self.longest, text.utf8.count <= Self.maximumMarked else { throw .tooLong }
    try self.init(text, isMarked: true)
  }

  private init(_ text: String, isMarked: Bool) throws(Refusal) {
    let rows = text.unicodeScalars.split(omittingEmptySubsequences: false) {
      $0 == "\n" || $0 == "\r" || $0 == "\u{2028}" || $0 == "\u{2029}"
    }
    let isClean = rows.allSatisfy { row in
      row.allSatisfy {
        $0 == "\t" || $0.properties.generalCategory != .control
          || isMarked && TextColour.isMark($0)
      }
    }
    guard isClean else { throw .controlCharacter }
    runs = rows.map(Self.runs).filter { !$0.isEmpty }
    guard !runs.isEmpty else { throw .empty }
    guard runs.count <= Self.maximumLines else { throw .tooManyLines }
  }

  /// The parts of a row without the white space around it; none if nothing is left.
  private static func runs(_ row: Substring.UnicodeScalarView) -> [Run] {
    var colour: TextColour?
    var cells: [(character: Unicode.Scalar, colour: TextColour?)] = []
    for character in row {
      if TextColour.isMark(character) {
        colour = TextColour.colour(after: character)
      } else {
        cells.append((character == "\t" ? " " : character, colour))
      }
    }
    guard let first = cells.firstIndex(where: { !$0.character.properties.isWhitespace }),
      let last = cells.lastIndex(where: { !$0.character.properties.isWhitespace })
    else { return [] }
    var runs: [Run] = []
    var start = first
    for index in first...last
    where index == last || cells[index + 1].colour != cells[start].colour {
      let text = cells[start...index].map(\.character).text
      runs.append(Run(text: text, colour: cells[start].colour))
      start = index + 1
    }
    return runs
  }

  /// The lines with line feeds between them, and marks before parts of another colour.
  package var marked: String {
    runs.map { line in
      var colour: TextColour?
      return line.map { run in
        defer { colour = run.colour }
        guard run.colour != colour else { return run.text }
        return String(run.colour?.mark ?? TextColour.usualMark) + run.text
      }.joined()
    }.joined(separator: "\n")
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
