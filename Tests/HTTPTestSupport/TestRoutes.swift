// SPDX-License-Identifier: Apache-2.0

package import HTTP
package import Net
package import Sharing
package import Time

/// Routes that answer in every possible way and record the end of each exchange.
///
/// Confined to the loop's thread.
package final class TestRoutes: RequestHandler, ExchangeObserver, LoopService {
  /// The answer to a request.
  package enum Answer {
    /// The response, or the requested range of it.
    case response(PreparedResponse)
    /// None before the test answers.
    case held
    /// The first piece of a body; the test continues it.
    case begun
    /// The first piece of a body that is aborted at the end of the iteration.
    case aborted
    /// A body of unknown length, whole.
    case ended
    /// The body of the request; 413 above `limit` bytes.
    case echo(limit: Int?)
    /// 201 after the last byte of the request's body; reading pauses after each piece if `pauses`.
    case taken(pauses: Bool)
    /// A head at once, and its end after the last byte of the request's body.
    case takenWhileAnswering
    /// A response before the end of the request's body.
    case takenTooLate
    /// A WebSocket that echoes text.
    case socket
  }

  /// The events of all exchanges.
  package struct Seen: Sendable {
    /// The path of each request, in the order of routing.
    package var paths: [String] = []
    /// The path of each exchange whose client disconnected.
    package var gone: [String] = []
    /// The record of each exchange that has ended.
    package var finished: [ExchangeRecord] = []
    /// All faults.
    package var faults: [ConnectionFault] = []
    /// The number of requests of proxies that are not trusted.
    package var unnamedProxies = 0
    /// Received request bodies, by path.
    package var bodies: [String: Body] = [:]
    /// The number of WebSockets that have ended.
    package var closedSockets = 0
    /// Calls that must not happen.
    package var violations: [String] = []

    /// No event.
    package init() {}
  }

  /// A request body that was received in pieces.
  package struct Body: Sendable {
    /// The received bytes.
    package var bytes: [UInt8] = []
    /// Whether the body ended.
    package var isWhole = false
    /// Why the body will not be complete.
    package var failure: BodyFailure?
  }

  /// The events, for any thread.
  package let seen = Monitor(Seen())
  /// The server, to be drained by a test.
  package weak var server: HTTPServer?
  /// The connection of the newest WebSocket.
  package weak var socket: WebSocketConnection?
  private let loop: EventLoop
  private let answer: @Sendable (Request) -> Answer
  private var waiting: [(path: String, exchange: any Exchange)] = []
  private static let small = PreparedResponse.text(200, "small")
  private static let open = PreparedResponse(status: 200, fields: [])
  private static let piece = SharedBytes([UInt8](repeating: 0x62, count: 500))

  /// Routes whose answers are chosen by `answer`.
  package init(_ loop: EventLoop, _ answer: @escaping @Sendable (Request) -> Answer) {
    self.loop = loop
    self.answer = answer
  }

  package func handle(_ exchange: any Exchange) {
    let path = exchange.request.path
    seen.update { $0.paths.append(path) }
    exchange.kind = RequestKind(2, "test")
    switch answer(exchange.request) {
    case .response(let response): exchange.respond(response.ranged(exchange.request))
    case .held: hold(exchange, path)
    case .begun:
      begin(exchange)
      hold(exchange, path)
    case .aborted:
      begin(exchange)
      loop.later { exchange.abort() }
    case .ended:
      begin(exchange)
      exchange.end()
    case .echo(let limit):
      exchange.collectBody(limit: limit) { bytes in
        exchange.respond(PreparedResponse(status: 200, fields: [], body: [SharedBytes(bytes)]))
      }
    case .taken(let pauses): receive(exchange, path, pauses: pauses)
    case .takenWhileAnswering:
      receive(exchange, path, pauses: false)
      exchange.begin(Self.open)
    case .socket: socket = EchoSocket.open(exchange, seen)
    case .takenTooLate:
      receive(exchange, path, pauses: true)
      loop.later { exchange.respond(Self.small) }
    }
  }

  /// The latest exchange with this path that was held or whose body was received.
  package func held(_ path: String) -> (any Exchange)? {
    waiting.last { $0.path == path }?.exchange
  }

  /// Continues every paused body, and answers every held exchange.
  package func release() {
    let released = waiting
    waiting = []
    for (_, exchange) in released where exchange.isBodyPaused { exchange.isBodyPaused = false }
    for (_, exchange) in released {
      exchange.write(Self.piece)
      exchange.end()
      exchange.respond(Self.small)
    }
  }

  /// Forgets all exchanges and events.
  package func reset() {
    waiting = []
    seen.update { $0 = Seen() }
  }

  package func finished(_ record: ExchangeRecord) { seen.update { $0.finished.append(record) } }

  package func faulted(_ fault: ConnectionFault) { seen.update { $0.faults.append(fault) } }

  package func metUnnamedProxy(_ peer: PeerAddress) { seen.update { $0.unnamedProxies += 1 } }

  package func woken() {}
  package var nextDeadline: MonotonicTime { .distantFuture }
  package func expire(_ now: MonotonicTime) {}

  private func begin(_ exchange: any Exchange) {
    exchange.begin(Self.open)
    exchange.write(Self.piece)
  }

  private func hold(_ exchange: any Exchange, _ path: String) {
    waiting.append((path, exchange))
    exchange.onGone = { [seen] in seen.update { $0.gone.append(path) } }
  }

  private func receive(_ exchange: any Exchange, _ path: String, pauses: Bool) {
    waiting.append((path, exchange))
    exchange.receiveBody(limit: .max, BodyRecorder(exchange, path, seen, pauses: pauses))
  }
}
