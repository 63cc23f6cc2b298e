// SPDX-License-Identifier: Apache-2.0

extension Request {
  /// Whether `Accept` prefers one media type to another, which is the usual one.
  ///
  /// It does so by a larger weight, or by an equal one if it names the first type more precisely.
  /// Without the field no type is preferred. Parameters other than the weight are ignored.
  ///
  /// - Parameters:
  ///   - type: a type and a subtype in lower case, such as `text/html`.
  ///   - other: the type of the response to clients without preference.
  /// - Returns: false if the first type is not acceptable.
  /// - Source: RFC 9110 §12.4.2, §12.5.1
  package func prefers(_ type: String, over other: String) -> Bool {
    guard let value = header("accept") else { return false }
    let ranges = FieldList.elements(value).map(MediaRange.init)
    let (wanted, usual) = (MediaRange.match(type, ranges), MediaRange.match(other, ranges))
    guard wanted.weight > 0 else { return false }
    return wanted.weight > usual.weight
      || wanted.weight == usual.weight && wanted.precision > usual.precision
  }
}

/// An element of `Accept`.
private struct MediaRange {
  /// `text/html`, `text/*` or `*/*`, in lower case.
  private let type: String
  /// From 0 for a type that is not acceptable to 1.
  private let weight: Double

  init(_ element: String) {
    let parts = element.lowercased().split(separator: ";", omittingEmptySubsequences: false)
      .map { $0.filter { $0 != " " && $0 != "\t" } }
    type = parts.first ?? ""
    let weights = parts.dropFirst().filter { $0.hasPrefix("q=") }.compactMap {
      Double($0.dropFirst(2))
    }
    // A malformed weight is ignored.
    weight = weights.first { $0 >= 0 && $0 <= 1 } ?? 1
  }

  /// How precisely the range names a type: 3 for itself, 1 for any; nil if it does not.
  private func precision(_ wanted: String) -> Int? {
    if type == wanted { return 3 }
    if type == "*/*" || type == "*" { return 1 }
    let group = type.dropLast()
    return type.hasSuffix("/*") && wanted.hasPrefix(group) ? 2 : nil
  }

  /// The weight of a type by the ranges that name it most precisely; 0 if none names it.
  static func match(_ type: String, _ ranges: [MediaRange]) -> (precision: Int, weight: Double) {
    var best = (precision: 0, weight: 0.0)
    for range in ranges {
      let found = (precision: range.precision(type) ?? 0, weight: range.weight)
      if found.precision > 0, found > best { best = found }
    }
    return best
  }
}
