// SPDX-License-Identifier: Apache-2.0

import Archive
import Sharing
import Time

/// The orders to remove media that operators have given.
final class RemovalOrders {
  /// One order: the numbers of its segments, and its state.
  final class Order: Sendable {
    /// The state of an order.
    enum State: Sendable {
      /// It has no answer: its media may be removed.
      case given
      /// It was refused before it was accepted; the disk may have taken it all the same.
      case refused
      /// It is accepted: readers do not see its media.
      case accepted
      /// Its media is gone.
      case done
      /// It has no effect any more: nothing is removed by it.
      case void
    }

    let numbers: Set<Int64>
    let span: Range<WallTime>
    private let current = Locked(State.given)

    init(_ numbers: Set<Int64>, _ span: Range<WallTime>) {
      (self.numbers, self.span) = (numbers, span)
    }

    var state: State { current.withLock(\.self) }

    /// The order is on the disk.
    func hide() { current.withLock { $0 = .accepted } }

    /// The removal has ended; `failure` has the reason of a failure.
    func end(_ failure: String?) {
      current.withLock { state in
        if failure == nil { state = .done } else if state == .given { state = .refused }
      }
    }

    /// The folder of the stream notes the order or not, and the program has begun since or not.
    func compare(isNoted: Bool, isNewStart: Bool) {
      current.withLock { state in
        switch state {
        case .given where isNewStart, .refused where isNewStart:
          state = isNoted ? .accepted : .void
        case .refused where !isNoted: state = .void
        case .accepted where !isNoted: state = .done
        default: break
        }
      }
    }
  }

  private var all: [Order] = []
  /// The first numbers of later media, and how many orders were given before.
  private var others: [(orders: Int, first: Int64)] = []

  func add(_ numbers: Set<Int64>, _ span: Range<WallTime>) -> Order {
    let order = Order(numbers, span)
    all.append(order)
    return order
  }

  /// Compares the orders with the spans that the folder of the stream notes.
  func compare(_ noted: WallSpans, isNewStart: Bool) {
    for order in all {
      let isNoted = noted.spans.contains { span in
        span.lowerBound <= order.span.lowerBound && order.span.upperBound <= span.upperBound
      }
      order.compare(isNoted: isNoted, isNewStart: isNewStart)
    }
  }

  /// The numbers of an order that are those of its media still.
  private func present(_ index: Int) -> Set<Int64> {
    let limit = others.filter { $0.orders > index }.map(\.first).min() ?? .max
    return all[index].numbers.filter { $0 < limit }
  }

  /// The numbers that readers must not see.
  var hidden: Set<Int64> {
    all.indices.reduce(into: []) { hidden, index in
      guard [.accepted, .done].contains(all[index].state) else { return }
      hidden.formUnion(present(index))
    }
  }

  /// Numbers from `first` on are those of other media from now on.
  func forget(from first: Int64) { others.append((all.count, first)) }

  /// The numbers that may be removed: those of orders that have an effect still.
  ///
  /// Other media whose clock was set back has the dates of an order that is not done.
  var possible: Set<Int64> {
    all.indices.reduce(into: []) { possible, index in
      switch all[index].state {
      case .void: break
      case .done: possible.formUnion(present(index))
      case .given, .refused, .accepted: possible.formUnion(all[index].numbers)
      }
    }
  }

  /// The numbers that are not archived again: those of all orders.
  var leftOut: Set<Int64> { all.reduce(into: []) { $0.formUnion($1.numbers) } }
}
