// SPDX-License-Identifier: Apache-2.0

/// A colour of text in captions, with its number in teletext.
///
/// White is the usual colour, and black cannot be read on the usual ground: they are none.
/// - Source: ETSI EN 300 706 §12.2 (alpha colours)
package enum TextColour: UInt8, Sendable, CaseIterable {
  case red = 1, lime, yellow, blue, magenta, cyan

  /// Its name, which is also that of its class in WebVTT.
  ///
  /// - Source: W3C WebVTT, Candidate Recommendation of 4 April 2019, §5.1 (default text colours)
  package var name: String { "\(self)" }

  /// The character before text of the colour in a marked text: a control character, as in teletext.
  package var mark: Unicode.Scalar { Unicode.Scalar(rawValue) }

  /// The character before text of the usual colour in a marked text.
  package static let usualMark: Unicode.Scalar = "\u{7}"

  /// The colour after a mark; nil for the usual one.
  package static func colour(after mark: Unicode.Scalar) -> TextColour? {
    UInt8(exactly: mark.value).flatMap { TextColour(rawValue: $0) }
  }

  /// Whether a character is a mark.
  package static func isMark(_ character: Unicode.Scalar) -> Bool { character.value < 8 }
}
