// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Ingest
import Logging
import Net
import Publishing
import Sharing
import Statistics
import Time

/// The publisher pages of one loop: their requests, sockets and times.
///
/// Confined to the loop's thread.
final class PagePublishers {
  /// The name of the protocol.
  private static let protocols = ["llws-publish.v1"]
  /// The interval between two checks of the times.
  private static let checkInterval = Interval.seconds(1)

  private let serverState: ServerState
  let loop: EventLoop
  /// The publications whose source does not read.
  let waiting = PublicationQueue()
  private var publishers: [PagePublisher] = []
  private var nextCheck = MonotonicTime.distantFuture
  private var nextAck = MonotonicTime.distantFuture

  init(_ serverState: ServerState, loop: EventLoop) {
    self.serverState = serverState
    self.loop = loop
  }

  var registry: PublisherRegistry { serverState.publishers }
  var log: Log { serverState.log }

  // MARK: Requests

  /// Answers a request for the page, or opens its socket.
  ///
  /// - Returns: the response to a request for a page that does not exist; nil if it was answered.
  func answer(_ exchange: any Exchange, _ stream: String) -> PreparedResponse? {
    guard exchange.request.header("upgrade") == nil else {
      open(exchange, stream)
      return nil
    }
    guard registry.contains(stream) else { return Self.unknownStream }
    exchange.kind = .page
    exchange.respond(serverState.page.publisher.response(to: exchange.request))
    return nil
  }

  /// Answers a request of a page for the state of the publisher of its stream.
  func answerState(_ exchange: any Exchange, _ name: String) {
    guard registry.contains(name), let stream = serverState.streamTable.stream(name) else {
      return exchange.respond(Self.unknownStream)
    }
    exchange.kind = .page
    let fields = ResponseFields.fields("application/json", .noStore)
    exchange.respond(.document(PublisherDocument(stream).object.text + "\n", fields: fields))
  }

  /// Opens a socket, or refuses it.
  func open(_ exchange: any Exchange, _ stream: String) {
    guard registry.contains(stream) else { return exchange.respond(Self.unknownStream) }
    if let refusal = serverState.options.socketOrigins.decide(on: exchange.request).refusal {
      return exchange.respond(refusal.response(to: .socket))
    }
    switch WebSocketHandshake.check(exchange.request, protocols: Self.protocols) {
    case .refused(let status, let reason, let fields):
      exchange.respond(.error(status, reason, .noStore, fields))
    case .accepted(let fields): open(exchange, stream, fields)
    }
  }

  private static let unknownStream = PreparedResponse.error(
    404, "no stream of this name accepts publishers", .noStore)

  private func open(_ exchange: any Exchange, _ stream: String, _ fields: [HeaderField]) {
    let publisher = PagePublisher(exchange.request, stream, self)
    let number = registry.connections.add(exchange.request.peer) { [weak loop] in
      loop?.post { publisher.giveWay() }
    }
    guard let number else {
      return exchange.respond(
        .error(
          503, "too many connections of publishers", .noStore, [HeaderField("Retry-After", "10")]))
    }
    guard let connection = exchange.upgrade(fields, PagePublisher.limits, to: publisher) else {
      registry.connections.remove(number)
      return exchange.respond(.noWebSocket)
    }
    publisher.connection = connection
    publisher.number = number
    publishers.append(publisher)
    nextCheck = min(nextCheck, loop.now + Self.checkInterval)
  }

  // MARK: Permission

  /// Decides whether a client may publish a stream; nil if the stream accepts no publishers.
  ///
  /// Without a key, only pages of this server may: a page of another site in a browser on this
  /// machine has the address of this machine.
  func admit(
    _ credential: PageSession.Credential, _ request: Request, to stream: String
  ) -> Result<PublishedStream, AccessRefusal>? {
    if let token = credential.token {
      return registry.admit(
        stream: stream, token: token, from: request.peer, at: loop.now,
        seconds: (SystemClock.wallTime - .origin).wholeSeconds)
    }
    let key = credential.key.flatMap { $0.isEmpty ? nil : $0 }
    let hosts = KnownHosts(serverState.options.hostNames)
    let foreign = hosts.refusal(host: request.header("host"), origin: request.header("origin"))
    return registry.admit(
      stream: stream, key: key, isPage: foreign != nil, from: request.peer,
      with: request.certificate, at: loop.now)
  }

  /// The requested duration of segments of a stream.
  func segmentDuration(of stream: String) -> Interval {
    serverState.streamTable.stream(stream)?.options.segmentDuration ?? .seconds(1)
  }

  // MARK: Times

  /// A frame has arrived that is not acknowledged yet.
  func mustAcknowledge() { nextAck = min(nextAck, loop.now + PageAcknowledgements.interval) }

  /// Forgets a publisher that has ended.
  func forget(_ publisher: PagePublisher) {
    guard publisher.isOver else { return }
    publishers.removeAll { $0 === publisher }
  }

  /// When a publisher is due.
  var nextDeadline: MonotonicTime { min(nextCheck, nextAck, waiting.nextDeadline) }

  /// Continues waiting publishers, acknowledges frames, and ends publishers whose time is over.
  func expire(_ now: MonotonicTime) {
    waiting.expire(now)
    if nextAck <= now {
      nextAck = .distantFuture
      for publisher in publishers { publisher.acknowledge() }
    }
    guard nextCheck <= now else { return }
    for publisher in publishers {
      publisher.check(now)
      publisher.tell(audience(of: publisher.streamName))
    }
    nextCheck = publishers.isEmpty ? .distantFuture : now + Self.checkInterval
  }

  /// The viewers of a stream as a message to its publisher.
  private func audience(of stream: String) -> String {
    let entry = serverState.streamTable.stream(stream)
    let viewers = serverState.viewerHistory.withLock { $0.newest(of: stream) } ?? "{}"
    let message: JSONObject = [
      "t": "audience", "state": entry?.word ?? "ended", "audience": RawJSON(viewers),
      "media": entry.flatMap(PublisherState.note)?.object,
    ]
    return message.text
  }
}
