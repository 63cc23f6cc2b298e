// SPDX-License-Identifier: Apache-2.0

/// A line of text for people over the picture, with places that are filled in for each frame.
package struct Overlay: Sendable, Equatable {
  /// What a place in braces stands for.
  package enum Placeholder: String, Sendable, CaseIterable {
    /// The stream's name.
    case name
    /// The frame's tick: date and time in UTC, to the millisecond.
    case utc
    /// Width and height of the rendition.
    case resolution
  }

  enum Piece: Sendable, Equatable {
    case text(String)
    case placeholder(Placeholder)
  }

  let pieces: [Piece]

  /// The text with its places in braces; nil where it is empty, where a brace has no partner, or where a place is none
  /// of ``Placeholder``.
  package init?(_ text: String) {
    var pieces: [Piece] = []
    var rest = Substring(text)
    while let brace = rest.firstIndex(where: { "{}".contains($0) }) {
      if brace > rest.startIndex { pieces.append(.text(String(rest[..<brace]))) }
      guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}"),
        let place = Placeholder(rawValue: String(rest[rest.index(after: brace)..<end]))
      else { return nil }
      pieces.append(.placeholder(place))
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    guard !pieces.isEmpty else { return nil }
    self.pieces = pieces
  }
}
