// SPDX-License-Identifier: Apache-2.0

/// The kind of a request, for statistics: a label chosen by the program, never by the client.
package struct RequestKind: Sendable, Hashable {
  /// A small number, for use as an index.
  package let index: Int
  private let label: StaticString

  /// A kind; the kinds of routes begin at index 2.
  package init(_ index: Int, _ label: StaticString) {
    self.index = index
    self.label = label
  }

  /// The kind of a request that no route has named.
  package static let other = RequestKind(0, "other")
  /// Refused before routing: malformed, too large, too slow, or one too many.
  package static let refused = RequestKind(1, "refused")

  /// The label as text.
  package var name: String { label.description }

  package static func == (left: RequestKind, right: RequestKind) -> Bool {
    left.index == right.index
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(index)
  }
}
