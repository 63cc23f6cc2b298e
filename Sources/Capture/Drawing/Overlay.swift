// SPDX-License-Identifier: Apache-2.0

/// A line of text painted over each frame, with placeholders that are filled in per frame.
package struct Overlay: Sendable, Equatable, Codable {
  /// The meaning of a name in braces.
  package enum Placeholder: String, Sendable, CaseIterable, Codable {
    /// The stream's name.
    case name
    /// The frame time: date and time in UTC, to the millisecond.
    case utc
    /// Width and height of the rendition.
    case resolution
  }

  enum Piece: Sendable, Equatable, Codable {
    case text(String)
    case placeholder(Placeholder)
  }

  let pieces: [Piece]
  /// The file of the font; nil for the bitmap font, which has capitals only.
  package var font: String?

  /// The text with its placeholders in braces.
  package var text: String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .placeholder(let placeholder): "{\(placeholder.rawValue)}"
      }
    }.joined()
  }

  /// Parses a text with placeholders in braces.
  ///
  /// nil if the text is empty, a brace is unpaired, or a name is not a ``Placeholder``.
  package init?(_ text: String) {
    var pieces: [Piece] = []
    var rest = Substring(text)
    while let brace = rest.firstIndex(where: { "{}".contains($0) }) {
      if brace > rest.startIndex { pieces.append(.text(String(rest[..<brace]))) }
      guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}"),
        let placeholder = Placeholder(rawValue: String(rest[rest.index(after: brace)..<end]))
      else { return nil }
      pieces.append(.placeholder(placeholder))
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    guard !pieces.isEmpty else { return nil }
    self.pieces = pieces
  }
}
