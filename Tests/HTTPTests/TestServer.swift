// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Net
import Sharing
import TestSupport
import Time

/// How a test's clients reach its server.
enum Transport: CaseIterable, Sendable {
  /// In memory: loop, server and client share the test's thread.
  case memory
  /// Over TCP on 127.0.0.1: the loop has a thread of its own.
  case sockets
}

/// A server on a manual clock with tiny routes: `/hello`, `/big`, `/hold…` and `/stream…`, which
/// the test answers, `/echo`, which answers with the body, and `/take…`, which receives the body in
/// pieces.
final class TestServer {
  /// A body of 500 pieces, empty and large ones among them.
  static let pieces: [SharedBytes] = {
    var generator = SplitMix64(seed: 1)
    return (0..<500).map { index in
      let count = index % 7 == 0 ? 0 : Int(generator.next() % (index % 50 == 1 ? 100_000 : 2000))
      return SharedBytes((0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
    }
  }()

  static let bigSize = 8 * 1024 * 1024

  /// 0 in memory.
  let port: UInt16
  private let loop: EventLoop
  private let clock = ManualClock()
  private let limits: HTTPLimits
  private let transport: Transport
  private let routes = Locked<Confined?>(nil)
  private var streams: [MemoryStream] = []

  /// Carries an object of the loop's thread to jobs that run there.
  private struct Confined: @unchecked Sendable { let value: TestRoutes }

  init(
    _ limits: HTTPLimits = HTTPLimits(), _ transport: Transport = .memory, tls: TLSContext? = nil,
    proxies: TrustedProxies = TrustedProxies(), pastMedia: PastMediaBudget? = nil
  ) throws {
    self.limits = limits
    self.transport = tls == nil ? transport : .sockets
    loop = try EventLoop(index: 0) { [clock] in clock.now }
    let setUp = { @Sendable [routes] (loop: EventLoop) in
      let own = TestRoutes(loop, Self.answer)
      let server = HTTPServer(
        loop: loop, limits: limits, handler: own, observer: own, proxies: proxies,
        pastMedia: pastMedia)
      own.server = server
      let confined = Confined(value: own)
      routes.withLock { $0 = confined }
      return own
    }
    guard self.transport == .sockets else {
      port = 0
      loop.embed { setUp($0) }
      return
    }
    let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
    port = listener.boundPort
    try loop.start { loop in
      _ = try? Acceptor(listener, on: loop, among: [loop], tls: tls)
      return setUp(loop)
    }
    // Until the routes exist.
    onLoop { _ in }
  }

  convenience init(_ transport: Transport) throws { try self.init(HTTPLimits(), transport) }

  deinit {
    if transport == .sockets {
      loop.stop()
      loop.join()
    } else {
      for stream in streams { stream.fail() }
      loop.iterate()
      loop.end()
    }
  }

  private static func answer(_ request: Request) -> TestRoutes.Answer {
    let path = request.path
    switch path {
    case "/hello": return .response(hello)
    case "/big": return .response(big)
    case "/pieces":
      return .response(
        PreparedResponse(status: 200, fields: [PreparedResponse.acceptRanges], body: pieces))
    case "/tagged": return .response(tagged)
    case "/urgent": return .response(urgent)
    case "/echo": return .echo(limit: nil)
    case "/socket": return .socket
    case _ where path.hasPrefix("/hold"), _ where path.hasPrefix("/stream"): return .held
    case "/pause": return .taken(pauses: true)
    case _ where path.hasPrefix("/take"): return .taken(pauses: false)
    default: return .response(.text(404, "no \(path)"))
    }
  }

  private static let hello = PreparedResponse(
    status: 200, fields: [HeaderField("Content-Type", "text/plain")], body: [SharedBytes("hello")])
  private static let big = PreparedResponse(
    status: 200, fields: [PreparedResponse.acceptRanges],
    body: [SharedBytes([UInt8](repeating: 7, count: bigSize))])
  private static let tagged = PreparedResponse(
    status: 200,
    fields: [HeaderField("Content-Type", "text/plain"), HeaderField("ETag", "\"a\"")],
    body: [SharedBytes("tagged")])
  private static let urgent = PreparedResponse(
    status: 200, fields: [HeaderField("Priority", "u=1")],
    body: [SharedBytes([UInt8](repeating: 1, count: 100_000))])

  private var monitor: Monitor<TestRoutes.Seen> {
    guard let routes = routes.withLock({ $0?.value.seen }) else { preconditionFailure("no routes") }
    return routes
  }

  /// The events so far.
  var seen: TestRoutes.Seen { monitor.wait { $0 } }

  /// Runs `body` on the loop with the routes, and waits for its end.
  func onLoop(_ body: @escaping @Sendable (TestRoutes) -> Void) {
    guard transport == .sockets else {
      if let routes = routes.withLock({ $0 }) { body(routes.value) }
      return settle()
    }
    let done = Monitor(false)
    loop.post { [routes] in
      if let routes = routes.withLock({ $0 }) { body(routes.value) }
      done.update { $0 = true }
    }
    done.wait { $0 ? () : nil }
  }

  /// Blocks the loop, which has a thread of its own, until the result becomes true.
  func pauseLoop() -> Monitor<Bool> {
    let (isPaused, mayContinue) = (Monitor(false), Monitor(false))
    loop.post {
      isPaused.update { $0 = true }
      mayContinue.wait { $0 ? () : nil }
    }
    isPaused.wait { $0 ? () : nil }
    return mayContinue
  }

  /// Waits for an event until `condition` holds, at most a minute; in memory every event has
  /// already occurred.
  func eventually(_ condition: (TestRoutes.Seen) -> Bool) -> Bool {
    if transport == .memory { return condition(seen) }
    let deadline = MonotonicTime.hangLimit
    return monitor.wait(until: deadline) { condition($0) ? () : nil } != nil
  }

  /// The queued bytes of the newest WebSocket.
  var queuedSocketBytes: Int {
    let found = Locked(0)
    onLoop { routes in found.withLock { $0 = routes.socket?.queuedBytes ?? 0 } }
    return found.withLock { $0 }
  }

  /// Wakes the services of the loop, as a publication does.
  func wake() {
    loop.wake()
    onLoop { _ in }
  }

  /// Lets time pass on the server's clock, one check interval after another.
  func pass(_ interval: Interval) {
    var left = interval
    while left > .zero {
      let step = min(left, limits.checkInterval)
      clock.advance(by: step)
      left -= step
      // The second job runs after the deadlines of the iteration of the first.
      onLoop { _ in }
      if transport == .sockets { onLoop { _ in } }
    }
  }

  /// Opens a connection.
  ///
  /// - Parameter receiveBuffer: the size of the client's receive buffer in bytes (default 0: the
  ///   system's).
  /// - Returns: the client's end of the connection.
  /// - Throws: an error if the socket cannot be connected.
  func connect(receiveBuffer: Int32) throws -> any ClientEnd {
    guard transport == .memory else {
      return try SocketEnd(port: port, receiveBuffer: receiveBuffer)
    }
    let stream = MemoryStream(
      loop, capacity: receiveBuffer == 0 ? .max : Int(receiveBuffer),
      minimumProgress: limits.minimumSentBytes)
    streams.append(stream)
    routes.withLock { $0 }?.value.server?.serve(stream)
    settle()
    return MemoryEnd(self, stream)
  }

  /// Runs the loop until nothing moves; without effect over sockets.
  func settle() {
    guard transport == .memory else { return }
    repeat { loop.iterate() } while streams.reduce(loop.hasUpcoming) { $1.step() || $0 }
    streams.removeAll(where: \.isClosed)
  }
}
