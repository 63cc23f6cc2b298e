// SPDX-License-Identifier: Apache-2.0

import Archive
import HTTP
import Net
import Time

/// The requests of one loop whose answers come from other threads.
///
/// Confined to the loop's thread.
final class AwaitedAnswers {
  /// Leads from any thread to the requests, which only their loop may touch.
  private final class Proxy: @unchecked Sendable {
    weak var answers: AwaitedAnswers?
  }

  private struct Waiting {
    let exchange: any Exchange
    let deadline: MonotonicTime
    let take: (any Sendable) -> Void
    /// The client of the question.
    let client: ArchiveClient?
  }

  private unowned let loop: EventLoop
  private let proxy = Proxy()
  private var waiting: [UInt64: Waiting] = [:]
  private var nextNumber: UInt64 = 0
  /// The earliest deadline or an earlier time.
  private(set) var nextDeadline = MonotonicTime.distantFuture

  init(loop: EventLoop) {
    self.loop = loop
    proxy.answers = self
  }

  /// Whether no request waits.
  var isEmpty: Bool { waiting.isEmpty }

  /// Calls `take` on the loop's thread with the value that `ask` gives to its argument, on any
  /// thread; not if the client has disconnected before, or its deadline has passed.
  ///
  /// - Parameters:
  ///   - exchange: the request.
  ///   - deadline: see ``expired(_:)``.
  ///   - client: the client of a question about the past: it is told that the exchange has gone.
  ///   - ask: asks for the value; false if there will be none, and then nothing is called.
  ///   - take: takes the value.
  /// - Returns: the result of `ask`.
  @discardableResult
  func hold<Value: Sendable>(
    _ exchange: any Exchange, until deadline: MonotonicTime = .distantFuture,
    client: ArchiveClient? = nil,
    _ ask: (@escaping @Sendable (Value) -> Void) -> Bool, take: @escaping (Value) -> Void
  ) -> Bool {
    let number = nextNumber
    nextNumber &+= 1
    let isAsked = ask { [proxy, weak loop] value in
      loop?.post { proxy.answers?.answered(number, value) }
    }
    guard isAsked else { return false }
    nextDeadline = min(nextDeadline, deadline)
    waiting[number] = Waiting(
      exchange: exchange, deadline: deadline,
      take: { if let value = $0 as? Value { take(value) } }, client: client)
    exchange.onGone = { [weak self] in
      client?.leave()
      self?.waiting[number] = nil
    }
    return true
  }

  private func answered(_ number: UInt64, _ value: any Sendable) {
    guard let request = waiting.removeValue(forKey: number) else { return }
    request.exchange.onGone = nil
    request.take(value)
  }

  /// Removes the requests without an answer until their deadline.
  func expired(_ now: MonotonicTime) -> [(exchange: any Exchange, client: ArchiveClient?)] {
    guard nextDeadline <= now else { return [] }
    let late = waiting.filter { $0.value.deadline <= now }
    for number in late.keys { waiting[number] = nil }
    nextDeadline = waiting.values.reduce(.distantFuture) { min($0, $1.deadline) }
    for request in late.values { request.exchange.onGone = nil }
    return late.values.map { ($0.exchange, $0.client) }
  }
}
