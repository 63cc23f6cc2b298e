// SPDX-License-Identifier: Apache-2.0

/// Finds the name that was probably meant by an unknown one.
package enum NearestName {
  /// The name that differs least from `given`; nil if none is near.
  ///
  /// Near is a name with at most one edit per three letters of `given`, at least one. Case, dashes
  /// and underscores do not count: `http-port` is `httpPort`.
  package static func nearest(to given: String, in names: some Sequence<String>) -> String? {
    let letters = plain(given)
    // Longer words are no typing errors, and the time grows with the length.
    guard (1...64).contains(letters.count) else { return nil }
    let most = max(1, letters.count / 3)
    return names.map { (name: $0, edits: edits(letters, plain($0))) }
      .filter { $0.edits <= most }
      .min { ($0.edits, $0.name) < ($1.edits, $1.name) }?.name
  }

  private static func plain(_ name: String) -> [Character] {
    name.lowercased().filter { $0 != "-" && $0 != "_" }
  }

  /// The least number of letters to insert, remove, replace, or exchange with the next one.
  ///
  /// Source: optimal string alignment, a restricted Damerau–Levenshtein distance.
  private static func edits(_ left: [Character], _ right: [Character]) -> Int {
    var before: [Int] = []
    var above = Array(0...right.count)
    for (i, letter) in left.enumerated() {
      var row = [i + 1]  // bounded: both words have at most 64 letters
      for (j, other) in right.enumerated() {
        let replaced = above[j] + (letter == other ? 0 : 1)
        var best = min(replaced, above[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
          best = min(best, before[j - 1] + 1)
        }
        row.append(best)
      }
      (before, above) = (above, row)
    }
    return above.last ?? left.count
  }

  /// `; did you mean "input"?`, the end of a sentence about an unknown name; empty if none is near.
  static func hint(for given: String, among names: some Sequence<String>) -> String {
    nearest(to: given, in: names).map { "; did you mean \"\($0)\"?" } ?? ""
  }
}
