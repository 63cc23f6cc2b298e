// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net

/// The requests of one loop whose clients on this machine are searched for among its processes.
///
/// Confined to the loop's thread.
final class LocalClientRequests {
  /// Leads from any thread to the requests, which only their loop may touch.
  private final class Proxy: @unchecked Sendable {
    weak var requests: LocalClientRequests?
  }

  private struct Waiting {
    let exchange: any Exchange
    let then: () -> Void
  }

  private unowned let loop: EventLoop
  private let proxy = Proxy()
  private var waiting: [UInt64: Waiting] = [:]
  private var nextNumber: UInt64 = 0

  init(loop: EventLoop) {
    self.loop = loop
    proxy.requests = self
  }

  /// Calls `then` after a search for the client of an exchange, or at once if there is none.
  ///
  /// If the client disconnects, nothing is called.
  /// - Parameters:
  ///   - exchange: the request.
  ///   - search: begins the search; false if there is none, and then its argument is not called.
  ///   - then: decides about the request.
  func hold(
    _ exchange: any Exchange, _ search: (@escaping @Sendable () -> Void) -> Bool,
    then: @escaping () -> Void
  ) {
    let number = nextNumber
    nextNumber &+= 1
    let isSearched = search { [proxy, weak loop] in
      loop?.post { proxy.requests?.answer(number) }
    }
    guard isSearched else { return then() }
    waiting[number] = Waiting(exchange: exchange, then: then)
    exchange.onGone = { [weak self] in self?.waiting[number] = nil }
  }

  private func answer(_ number: UInt64) {
    guard let request = waiting.removeValue(forKey: number) else { return }
    request.exchange.onGone = nil
    request.then()
  }
}
