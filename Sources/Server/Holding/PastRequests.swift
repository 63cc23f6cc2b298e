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

  private typealias Waiting = (exchange: any Exchange, take: (any Sendable) -> Void)

  private unowned let loop: EventLoop
  private let proxy = Proxy()
  private var waiting: [UInt64: Waiting] = [:]
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
    read(exchange, ask) { exchange.respond($0.ranged(exchange.request)) }
  }

  /// Calls `take` on the loop's thread with the value that `ask` gives to its last argument, on any
  /// thread; not if the client has disconnected before.
  func read<Value: Sendable>(
    _ exchange: any Exchange, _ ask: (@escaping @Sendable (Value) -> Void) -> Void,
    take: @escaping (Value) -> Void
  ) {
    let number = nextNumber
    nextNumber &+= 1
    waiting[number] = (exchange, { if let value = $0 as? Value { take(value) } })
    exchange.onGone = { [weak self] in self?.waiting[number] = nil }
    ask { [proxy, weak loop] value in
      loop?.post { proxy.requests?.answered(number, value) }
    }
  }

  private func answered(_ number: UInt64, _ value: any Sendable) {
    guard let (exchange, take) = waiting.removeValue(forKey: number) else { return }
    exchange.onGone = nil
    take(value)
  }
}
