// SPDX-License-Identifier: Apache-2.0

/// The division of help texts into lines.
enum WordWrap {
  /// The words in lines of fewer than `columns` characters.
  static func lines(_ words: [String], columns: Int) -> [String] {
    var lines = [""]
    for word in words {
      if lines[lines.count - 1].count + word.count >= columns { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines
  }
}
