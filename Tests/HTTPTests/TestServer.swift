// SPDX-License-Identifier: Apache-2.0

import CLinux
import HTTP
import Net
import Sharing

/// A server with tiny routes on 127.0.0.1: `/hello`, `/big`, `/hold…` and `/stream…`, whose exchanges
/// the test reaches by their path, `/echo`, which answers with the body, and `/take…`, which takes it
/// in pieces.
final class TestServer: Sendable {
  struct Seen: Sendable {
    var paths: [String] = []
    var gone: [String] = []
    var finished: [ExchangeRecord] = []
    var faults: [ConnectionFault] = []
    /// What came of bodies, by path.
    var bodies: [String: Body] = [:]
  }

  /// A body that was taken in pieces.
  struct Body: Sendable {
    var bytes: [UInt8] = []
    var isWhole = false
    var failure: BodyFailure?
  }

  /// A body of 500 pieces, empty and large ones among them.
  static let pieces: [SharedBytes] = {
    var generator = SplitMix64(state: 1)
    return (0..<500).map { index in
      let count = index % 7 == 0 ? 0 : Int(generator.next() % (index % 50 == 1 ? 100_000 : 2000))
      return SharedBytes((0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
    }
  }()

  static let bigSize = 8 * 1024 * 1024

  let loop: EventLoop
  let port: UInt16
  let seen = Locked(Seen())
  private let routes = Locked<Confined?>(nil)

  /// Carries what belongs to the loop's thread to jobs that run there.
  private struct Confined: @unchecked Sendable { let value: Routes }

  init(_ limits: HTTPLimits = HTTPLimits(), tls: TLSContext? = nil) throws {
    let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
    port = listener.boundPort
    loop = try EventLoop(index: 0)
    try loop.start { [seen, place = routes] loop in
      let routes = Routes(seen)
      let server = HTTPServer(loop: loop, limits: limits, handler: routes, observer: routes)
      routes.server = server
      routes.acceptor = try? Acceptor(listener, on: loop, among: [loop], tls: tls)
      let confined = Confined(value: routes)
      place.withLock { $0 = confined }
      return routes
    }
  }

  deinit {
    loop.stop()
    loop.join()
  }

  /// Runs `body` on the loop with the routes, and waits for it.
  func onLoop(_ body: @escaping @Sendable (Routes) -> Void) {
    let done = Monitor(false)
    loop.post { [routes] in
      if let routes = routes.withLock({ $0 }) { body(routes.value) }
      done.update { $0 = true }
    }
    done.wait { $0 ? () : nil }
  }

  /// Waits until `condition` holds, for at most three seconds.
  func eventually(_ condition: (Seen) -> Bool) -> Bool {
    for _ in 0..<300 {
      if seen.withLock({ condition($0) }) { return true }
      usleep(10_000)
    }
    return false
  }
}

/// Confined to the loop's thread.
final class Routes: RequestHandler, ExchangeObserver, LoopService {
  let seen: Locked<TestServer.Seen>
  weak var server: HTTPServer?
  var acceptor: Acceptor?
  var held: [String: any Exchange] = [:]
  private let hello = PreparedResponse(
    status: 200, fields: [HeaderField("Content-Type", "text/plain")], body: [SharedBytes("hello")])
  private let big: PreparedResponse
  private let tagged = PreparedResponse(
    status: 200,
    fields: [HeaderField("Content-Type", "text/plain"), HeaderField("ETag", "\"a\"")],
    body: [SharedBytes("tagged")])
  private let urgent = PreparedResponse(
    status: 200, fields: [HeaderField("Priority", "u=1")],
    body: [SharedBytes([UInt8](repeating: 1, count: 100_000))])

  init(_ seen: Locked<TestServer.Seen>) {
    self.seen = seen
    big = PreparedResponse(
      status: 200, fields: [PreparedResponse.acceptRanges],
      body: [SharedBytes([UInt8](repeating: 7, count: TestServer.bigSize))])
  }

  func handle(_ exchange: any Exchange) {
    let path = exchange.request.path
    seen.withLock { $0.paths.append(path) }
    exchange.kind = RequestKind(2, "test")
    switch path {
    case "/hello": exchange.respond(hello.ranged(exchange.request))
    case "/big": exchange.respond(big.ranged(exchange.request))
    case "/pieces":
      exchange.respond(
        PreparedResponse(
          status: 200, fields: [PreparedResponse.acceptRanges], body: TestServer.pieces
        ).ranged(exchange.request))
    case "/tagged": exchange.respond(tagged)
    case "/urgent": exchange.respond(urgent)
    case _ where path.hasPrefix("/hold"), _ where path.hasPrefix("/stream"):
      held[path] = exchange
      exchange.onGone = { [seen, weak self] in
        seen.withLock { $0.gone.append(path) }
        self?.held[path] = nil
      }
    case "/echo":
      exchange.collectBody { bytes in
        exchange.respond(PreparedResponse(status: 200, fields: [], body: [SharedBytes(bytes)]))
      }
    case _ where path.hasPrefix("/take"):
      held[path] = exchange
      exchange.receiveBody(limit: .max, Taker(exchange, path, seen))
    default: exchange.respond(.text(404, "no \(path)"))
    }
  }

  func faulted(_ fault: ConnectionFault) {
    seen.withLock { $0.faults.append(fault) }
  }

  func finished(_ record: ExchangeRecord) {
    seen.withLock { $0.finished.append(record) }
  }

  func woken() {}
  var nextDeadline: Int64 { .max }
  func expire(_ now: Int64) {}
}

/// Notes what comes of a body, and answers when it is whole.
private final class Taker: BodyReceiver {
  private let exchange: any Exchange
  private let path: String
  private let seen: Locked<TestServer.Seen>

  init(_ exchange: any Exchange, _ path: String, _ seen: Locked<TestServer.Seen>) {
    self.exchange = exchange
    self.path = path
    self.seen = seen
  }

  func received(_ bytes: borrowing Span<UInt8>) {
    let piece = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    seen.withLock { $0.bodies[path, default: .init()].bytes += piece }
  }

  func ended() {
    seen.withLock { $0.bodies[path, default: .init()].isWhole = true }
    exchange.respond(.text(201, "taken"))
  }

  func failed(_ failure: BodyFailure) {
    seen.withLock { $0.bodies[path, default: .init()].failure = failure }
  }
}
