// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
  /// The text without white space at either end.
  package var trimmed: String {
    let characters = drop(while: \.isWhitespace)
    guard let last = characters.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(characters.prefix(through: last))
  }
}
