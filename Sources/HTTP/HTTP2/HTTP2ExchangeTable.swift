// SPDX-License-Identifier: Apache-2.0

/// The open exchanges of a connection by the number of their HTTP/2 stream.
///
/// A connection has few, so a search in a row of numbers is faster than a hash.
struct HTTP2ExchangeTable {
  private var numbers: [Int32] = []
  /// The exchanges, in the order of `numbers`.
  private(set) var values: [HTTP2Exchange] = []

  var isEmpty: Bool { numbers.isEmpty }

  /// The exchange of an HTTP/2 stream; nil removes it.
  subscript(stream: Int32) -> HTTP2Exchange? {
    get { position(of: stream).map { values[$0] } }
    set {
      switch (position(of: stream), newValue) {
      case (let index?, let exchange?): values[index] = exchange
      case (let index?, nil):
        // The last one replaces a removed one.
        numbers.swapAt(index, numbers.count - 1)
        values.swapAt(index, values.count - 1)
        numbers.removeLast()
        values.removeLast()
      case (nil, let exchange?):
        numbers.append(stream)
        values.append(exchange)
      case (nil, nil): break
      }
    }
  }

  private func position(of stream: Int32) -> Int? {
    for index in 0..<numbers.count where numbers[index] == stream { return index }
    return nil
  }

  /// Removes all exchanges.
  mutating func takeAll() -> [HTTP2Exchange] {
    defer { self = HTTP2ExchangeTable() }
    return values
  }
}
