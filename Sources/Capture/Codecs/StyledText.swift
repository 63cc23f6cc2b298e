// SPDX-License-Identifier: Apache-2.0

/// Texts with the styles of ASS, the form in which libavcodec gives most subtitles.
enum StyledText {
  /// The number of fields before the text: ReadOrder, Layer, Style, Name, three margins, Effect.
  private static let fields = 8

  /// The words of an event of ASS, without styles; breaks become line feeds.
  static func plain(_ event: String) -> String {
    let parts = event.split(separator: ",", maxSplits: fields, omittingEmptySubsequences: false)
    guard parts.count > fields, let text = parts.last else { return "" }
    var words = String.UnicodeScalarView()
    var isStyle = false
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
      } else {
        switch character {
        case "\\": isEscaped = true
        case "{": isStyle = true
        default: words.append(character)
        }
      }
    }
    return String(words)
  }
}
