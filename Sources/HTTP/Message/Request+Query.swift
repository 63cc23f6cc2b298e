// SPDX-License-Identifier: Apache-2.0

import Checked

/// A decoded parameter of the query.
package struct QueryItem: Sendable, Equatable {
  /// The part before the first `=`.
  package let name: String
  /// The part after the first `=`; empty without a `=`.
  package let value: String
}

extension Request {
  /// Whether the query contains `text` before percent-decoding.
  package func queryContains(_ text: StaticString) -> Bool {
    guard let queryRange else { return false }
    let count = text.utf8CodeUnitCount
    let query = queryRange.range
    guard query.count >= count else { return false }
    let bytes = head.span
    for start in query.lowerBound...query.upperBound - count
    where bytes.equals(text, in: start..<start + count) {
      return true
    }
    return false
  }

  /// The parameters of the query in their order: `+` is a space, a broken escape is unchanged.
  package var queryItems: [QueryItem] {
    guard let queryRange else { return [] }
    return head[queryRange.range].split(separator: UInt8(ascii: "&")).map { item in
      let name = item.prefix { $0 != UInt8(ascii: "=") }
      return QueryItem(
        name: percentDecoded(name, plusIsSpace: true),
        value: percentDecoded(item[name.endIndex...].dropFirst(), plusIsSpace: true))
    }
  }
}
