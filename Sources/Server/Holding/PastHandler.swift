// SPDX-License-Identifier: Apache-2.0

import Archive
import HTTP
import Net
import Time

/// Answers requests for media that has left the windows of a stream, from its archive.
///
/// Confined to one loop's thread.
final class PastHandler {
  /// How long a request waits for the disk: longer than a disk needs to spin up.
  private static let limit = Interval.seconds(15)
  private static let late = PreparedResponse.unavailable("the disk of the archive does not answer")
  private static let busy = PreparedResponse.unavailable("the archive: \(ArchiveFailure.busy)")

  /// Requests for playlists whose end is in the future.
  let early = EarlyRefusals<RoutedTarget>()
  private unowned let loop: EventLoop
  /// The requests whose answers come from other threads.
  private let answers: AwaitedAnswers
  private let isAdmin: (Request, MonotonicTime) -> Bool

  /// `isAdmin` decides whether a client has the admin token.
  init(loop: EventLoop, isAdmin: @escaping (Request, MonotonicTime) -> Bool) {
    self.loop = loop
    self.isAdmin = isAdmin
    answers = AwaitedAnswers(loop: loop)
  }

  /// Whether a client may go back further than viewers.
  func isUnlimited(_ exchange: any Exchange) -> Bool {
    exchange.request.header("authorization") != nil && isAdmin(exchange.request, loop.now)
  }

  /// Whether a client may have media of a time that only the archive of a stream has; if not, the
  /// exchange is answered.
  ///
  /// A response that others may not have is not cached.
  func permits(_ time: WallTime, of served: ServedStream, _ exchange: any Exchange) -> Bool {
    if time >= served.oldestPast { return true }
    guard isUnlimited(exchange) else {
      exchange.respond(.error(410, served.tooOld))
      return false
    }
    exchange.isForOneViewer = true
    return true
  }

  /// Answers a request for segment `number` of a rendition; by `absent` if the archive does not
  /// have it.
  ///
  /// `isInWindow`: whether the window has the number, see ``ServedStream/mayReplace(_:of:)``.
  func segment(
    _ number: Int64, of rendition: ServedRendition, _ served: ServedStream,
    _ exchange: any Exchange, absent: PreparedResponse, isInWindow: Bool = false
  ) {
    let isUnlimited = isUnlimited(exchange)
    answer(exchange) { answer in
      served.archivedSegment(
        number, of: rendition, isUnlimited: isUnlimited, absent: absent, isInWindow: isInWindow,
        answer: answer)
    }
  }

  /// Answers a request for the CMAF header with this hash.
  func header(
    _ hash: String, of rendition: ServedRendition, _ served: ServedStream,
    _ exchange: any Exchange
  ) {
    guard served.options.archive != nil else { return exchange.respond(.notFound) }
    answer(exchange) { answer in
      served.archivedHeader(hash, of: rendition, answer: answer)
    }
  }

  // MARK: Answers of other threads

  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime { min(answers.nextDeadline, early.nextDeadline) }

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
    let deadline = loop.now + Self.limit
    let client = ArchiveClient(address: Self.address(of: exchange), deadline: deadline)
    let asked: (@escaping @Sendable (Value) -> Void) -> Bool = { answer in
      ArchiveClient.$current.withValue(client) { ask(answer) }
      return true
    }
    answers.hold(exchange, until: deadline, client: client, asked, take: take)
  }

  /// The key by which clients take turns: the viewer's address, as a trusted proxy states it.
  ///
  /// Programs of this machine, and clients that a proxy does not state, may be many: each of their
  /// connections counts as one.
  private static func address(of exchange: any Exchange) -> String {
    let peer = exchange.request.peer
    return peer.isLoopback || peer.isUnstated ? "\(peer):\(peer.port)" : "\(peer.owner)"
  }

  /// Answers the requests for which the disk had no answer until the deadline.
  func expire(_ now: MonotonicTime) {
    for (exchange, client) in answers.expired(now) {
      exchange.respond(client?.isWorkedFor(now) ?? false ? Self.busy : Self.late)
    }
  }
}
