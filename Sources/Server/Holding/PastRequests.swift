// SPDX-License-Identifier: Apache-2.0

import Archive
import HTTP
import Net
import Packaging
import Sharing
import Time

/// The requests of one loop for media of the archive, whose answers come from other threads.
///
/// Confined to the loop's thread.
final class PastRequests {
  /// Leads from any thread to the requests, which only their loop may touch.
  private final class Proxy: @unchecked Sendable {
    weak var requests: PastRequests?
  }

  private unowned let loop: EventLoop
  private let proxy = Proxy()
  private var waiting: [UInt64: any Exchange] = [:]
  private var nextNumber: UInt64 = 0

  init(loop: EventLoop) {
    self.loop = loop
    proxy.requests = self
  }

  /// Answers an exchange with the response that `ask` gives to its last argument, on any thread.
  func answer(
    _ exchange: any Exchange,
    _ ask: (@escaping @Sendable (PreparedResponse) -> Void) -> Void
  ) {
    let number = nextNumber
    nextNumber &+= 1
    waiting[number] = exchange
    exchange.onGone = { [weak self] in self?.waiting[number] = nil }
    ask { [proxy, weak loop] response in
      loop?.post { proxy.requests?.respond(number, response) }
    }
  }

  private func respond(_ number: UInt64, _ response: PreparedResponse) {
    guard let exchange = waiting.removeValue(forKey: number) else { return }
    exchange.onGone = nil
    exchange.respond(response.ranged(exchange.request))
  }
}
