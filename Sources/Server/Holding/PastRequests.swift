// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Time

/// The requests of one loop for media of the archive, whose answers come from other threads.
///
/// Confined to the loop's thread.
final class PastRequests {
  /// How long a request waits for the disk: longer than a disk needs to spin up.
  static let limit = Interval.seconds(15)
  private static let late = PreparedResponse.unavailable("the disk of the archive does not answer")

  private unowned let loop: EventLoop
  private let answers: AwaitedAnswers

  init(loop: EventLoop) {
    self.loop = loop
    answers = AwaitedAnswers(loop: loop)
  }

  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime { answers.nextDeadline }

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
    let asked: (@escaping @Sendable (Value) -> Void) -> Bool = {
      ask($0)
      return true
    }
    answers.hold(exchange, until: loop.now + Self.limit, asked, take: take)
  }

  /// Answers the requests for which the disk had no answer until the deadline.
  func expire(_ now: MonotonicTime) {
    for exchange in answers.expired(now) { exchange.respond(Self.late) }
  }
}
