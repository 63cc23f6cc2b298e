// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Publishing

/// The requests of one loop whose clients wait for the permission of the hook.
///
/// Confined to the loop's thread.
final class HookRequests {
  /// Leads from any thread to the requests, which only their loop may touch.
  private final class Proxy: @unchecked Sendable {
    weak var requests: HookRequests?
  }

  private struct Waiting {
    let exchange: any Exchange
    let then: (PublishPermit) -> Void
  }

  private let hooks: PublishHooks
  private unowned let loop: EventLoop
  private let proxy = Proxy()
  private var waiting: [UInt64: Waiting] = [:]
  private var nextNumber: UInt64 = 0

  init(_ hooks: PublishHooks, loop: EventLoop) {
    self.hooks = hooks
    self.loop = loop
    proxy.requests = self
  }

  /// Calls `then` with the permission of the client of an exchange, at once or later.
  ///
  /// Without it the response is 403. If the client disconnects, nothing is called.
  func ask(
    _ exchange: any Exchange, _ event: PublishEvent, then: @escaping (PublishPermit) -> Void
  ) {
    if let permit = hooks.permit(event) { return then(permit) }
    let number = nextNumber
    nextNumber &+= 1
    waiting[number] = Waiting(exchange: exchange, then: then)
    exchange.onGone = { [weak self] in self?.waiting[number] = nil }
    hooks.ask(event) { [proxy, weak loop] permit in
      loop?.post { proxy.requests?.answer(number, permit) }
    }
  }

  private func answer(_ number: UInt64, _ permit: PublishPermit?) {
    guard let request = waiting.removeValue(forKey: number) else { return }
    request.exchange.onGone = nil
    guard let permit else {
      return request.exchange.respond(AccessRefusal.notPermitted.response(to: .publishing))
    }
    request.then(permit)
  }
}
