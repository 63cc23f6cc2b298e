// SPDX-License-Identifier: Apache-2.0

/// Exchanges in the order of their requests.
///
/// With one exchange, the usual case, nothing is allocated.
struct ExchangeQueue {
  private(set) var first: HTTP1Exchange?
  private var rest: [HTTP1Exchange] = []

  var isEmpty: Bool { first == nil }

  var count: Int { first == nil ? 0 : rest.count + 1 }

  var all: [HTTP1Exchange] { (first.map { [$0] } ?? []) + rest }

  var last: HTTP1Exchange? { rest.last ?? first }

  mutating func append(_ exchange: HTTP1Exchange) {
    if first == nil { first = exchange } else { rest.append(exchange) }
  }

  mutating func removeFirst() {
    first = rest.isEmpty ? nil : rest.removeFirst()
    if rest.isEmpty { rest = [] }
  }

  /// Removes all exchanges.
  mutating func takeAll() -> [HTTP1Exchange] {
    defer { self = ExchangeQueue() }
    return all
  }
}
