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

  private struct Waiting {
    let exchange: any Exchange
    let deadline: MonotonicTime
    let take: (any Sendable) -> Void
  }

  /// How long a request waits for the disk: longer than a disk needs to spin up.
  static let limit = Interval.seconds(15)
  private static let late = ResponseFields.unavailable("the disk of the archive does not answer")

  private unowned let loop: EventLoop
  private let proxy = Proxy()
  private var waiting: [UInt64: Waiting] = [:]
  private var nextNumber: UInt64 = 0
  /// The earliest deadline or an earlier time.
  private(set) var nextDeadline = MonotonicTime.distantFuture

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
  /// thread; not if the client has disconnected before, or got 503 at its deadline.
  func read<Value: Sendable>(
    _ exchange: any Exchange, _ ask: (@escaping @Sendable (Value) -> Void) -> Void,
    take: @escaping (Value) -> Void
  ) {
    let number = nextNumber
    nextNumber &+= 1
    let deadline = loop.now + Self.limit
    nextDeadline = min(nextDeadline, deadline)
    waiting[number] = Waiting(exchange: exchange, deadline: deadline) {
      if let value = $0 as? Value { take(value) }
    }
    exchange.onGone = { [weak self] in self?.waiting[number] = nil }
    ask { [proxy, weak loop] value in
      loop?.post { proxy.requests?.answered(number, value) }
    }
  }

  private func answered(_ number: UInt64, _ value: any Sendable) {
    guard let request = waiting.removeValue(forKey: number) else { return }
    request.exchange.onGone = nil
    request.take(value)
  }

  /// Answers the requests for which the disk had no answer until the deadline.
  func expire(_ now: MonotonicTime) {
    guard nextDeadline <= now else { return }
    let late = waiting.filter { $0.value.deadline <= now }
    for number in late.keys { waiting[number] = nil }
    nextDeadline = waiting.values.reduce(.distantFuture) { min($0, $1.deadline) }
    for request in late.values {
      request.exchange.onGone = nil
      request.exchange.respond(Self.late)
    }
  }
}
