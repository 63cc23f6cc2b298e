// SPDX-License-Identifier: Apache-2.0

import Sharing

/// The orders to remove media that operators have given.
final class RemovalOrders {
  /// One order: the numbers of its segments, and its state.
  final class Order: Sendable {
    /// The state of an order.
    enum State: Sendable {
      /// It is not accepted yet, or was refused: its media may be removed.
      case given
      /// It is accepted: readers do not see its media.
      case accepted
    }

    let numbers: Set<Int64>
    private let state = Locked(State.given)

    init(_ numbers: Set<Int64>) { self.numbers = numbers }

    /// The order is on the disk.
    func hide() { state.withLock { $0 = .accepted } }
    /// The removal has ended; `failure` has the reason of a failure.
    func end(_ failure: String?) { if failure == nil { hide() } }
    var isAccepted: Bool { state.withLock { $0 == .accepted } }
  }

  private var all: [Order] = []
  /// The first numbers of later media, and how many orders were given before.
  private var others: [(orders: Int, first: Int64)] = []

  func add(_ numbers: Set<Int64>) -> Order {
    let order = Order(numbers)
    all.append(order)
    return order
  }

  /// The numbers that readers must not see.
  var hidden: Set<Int64> {
    var hidden = Set<Int64>()
    for (index, order) in all.enumerated() where order.isAccepted {
      let limit = others.filter { $0.orders > index }.map(\.first).min() ?? .max
      hidden.formUnion(order.numbers.filter { $0 < limit })
    }
    return hidden
  }

  /// Numbers from `first` on are those of other media from now on.
  func forget(from first: Int64) { others.append((all.count, first)) }

  /// The numbers that may be removed.
  var possible: Set<Int64> { all.reduce(into: []) { $0.formUnion($1.numbers) } }
}
