// SPDX-License-Identifier: Apache-2.0

/// The words that the program itself writes after the name of a setting, whose value is a secret.
///
/// `--playback-key: invalid value "***"` stays whole: the word after the name is no secret.
enum OwnSentence {
  private static let beginnings = [
    "invalid value ", "missing value", "cannot be combined", "unknown option", "unknown key",
    "has no effect", "applies to the whole program", "given ",
  ].map { Array($0.utf8) }
  /// Words that are followed by the name of a flag.
  private static let conjunctions = ["requires ", "and ", "or "].map { Array($0.utf8) }
  private static let dashes = Array("--".utf8)

  /// The number of bytes of such words at the start of `text`; nil if it begins otherwise.
  ///
  /// Only these bytes are known: the text after them may have secrets.
  static func length(at text: ArraySlice<UInt8>) -> Int? {
    let words =
      beginnings.first { text.starts(with: $0) }
      ?? conjunctions.first { text.starts(with: $0 + dashes) }
    return words?.count
  }
}
