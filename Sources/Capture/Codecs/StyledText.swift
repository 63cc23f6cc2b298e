// SPDX-License-Identifier: Apache-2.0

internal import Media

/// Texts with the styles of ASS, the form in which libavcodec gives most subtitles.
enum StyledText {
  /// The number of fields before the text: ReadOrder, Layer, Style, Name, three margins, Effect.
  private static let fields = 8

  /// The words of an event of ASS, without styles; breaks become line feeds.
  static func plain(_ event: String) -> String { words(event) { _ in nil } }

  /// The words of an event of ASS with marks of their colours.
  static func marked(_ event: String) -> String { words(event, mark) }

  /// The mark of the colour in a style such as `\c&H00FFFF&`, whose digits are blue, green, red;
  /// nil for other styles.
  private static func mark(_ style: String) -> Unicode.Scalar? {
    let start = "\\c&H"
    guard style.hasPrefix(start),
      let number = UInt32(style.dropFirst(start.count).prefix(6), radix: 16)
    else { return nil }
    let isLight = [0, 8, 16].map { number >> $0 & 0xFF >= 0x80 }
    // Red, green and blue are the bits of the numbers of teletext.
    let colour = (isLight[0] ? 1 : 0) | (isLight[1] ? 2 : 0) | (isLight[2] ? 4 : 0)
    return TextColour(rawValue: UInt8(colour))?.mark ?? TextColour.usualMark
  }

  /// The words, with what `mark` returns for styles.
  private static func words(
    _ event: String, _ mark: (String) -> Unicode.Scalar?
  ) -> String {
    let parts = event.split(separator: ",", maxSplits: fields, omittingEmptySubsequences: false)
    guard parts.count > fields, let text = parts.last else { return "" }
    var words = String.UnicodeScalarView()
    var isStyle = false
    var style = String.UnicodeScalarView()
    var isEscaped = false
    for character in text.unicodeScalars {
      if isEscaped {
        isEscaped = false
        switch character {
        case "N", "n": words.append("\n")
        case "h": words.append("\u{A0}")
        case "{", "}": words.append(character)
        default: words.append(contentsOf: ["\\", character])
        }
      } else if isStyle {
        isStyle = character != "}"
        if isStyle {
          style.append(character)
        } else if let mark = mark(String(style)) {
          words.append(mark)
        }
      } else {
        switch character {
        case "\\": isEscaped = true
        case "{": (isStyle, style) = (true, String.UnicodeScalarView())
        default: words.append(character)
        }
      }
    }
    return String(words)
  }
}
