// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing

/// One loop with a server, for one connection in memory after the other.
///
/// The first byte of an input says how much the kernel takes at once and whether time passes, the second into which pieces the rest is cut.
final class ConnectionLab: Sendable {
  static let shared = ConnectionLab()

  private let loop: EventLoop?
  private let context = LoopContext()

  private init() {
    loop = try? EventLoop(index: 0)
    try? loop?.start { [context] loop in
      let routes = ConnectionRoutes(loop)
      var limits = HTTPLimits()
      limits.checkInterval = 3_600_000_000_000
      limits.queuedBytes = 100_000
      context.server = HTTPServer(loop: loop, limits: limits, handler: routes, observer: routes)
      context.routes = routes
      return routes
    }
  }

  /// Plays one connection that begins with `preface`, and says what does not hold; `check` looks at what was sent, and is
  /// told whether something more was queued.
  func run(
    _ bytes: [UInt8], preface: [UInt8], _ check: @escaping @Sendable ([UInt8], Bool) -> String?
  ) -> String? {
    guard let loop, bytes.count >= 2 else { return nil }
    let capacity = [1 << 30, 1 << 30, 20_000, 100][Int(bytes[0] & 3)]
    let wait: Int64 = [0, 0, 11_000_000_000, 61_000_000_000][Int(bytes[0] >> 2 & 3)]
    let size = bytes[1] == 0 ? Int.max : Int(bytes[1])
    let input = preface + bytes[2...]
    let result = Monitor<String??>(nil)
    loop.post { [context] in
      guard let server = context.server, let routes = context.routes else { return }
      let play = ConnectionPlay(
        MemoryStream(loop, capacity: capacity), server, routes, loop, input[...], size: size,
        wait: wait
      ) { verdict, stream in
        let violation = verdict ?? check(stream.written, stream.hasLost)
        result.update { $0 = .some(violation) }
      }
      play.begin()
    }
    return result.wait { $0 }
  }

  /// What lives on the loop.
  ///
  /// Confined to it; only the reference is handed around.
  private final class LoopContext: @unchecked Sendable {
    var routes: ConnectionRoutes?
    var server: HTTPServer?
  }
}

/// One connection's life: bytes in pieces, what was held is answered, the peer ends, the connection is lost.
///
/// Confined to the loop's thread. Each step comes after what the one before left for later.
private final class ConnectionPlay {
  private let stream: MemoryStream
  private let server: HTTPServer
  private let routes: ConnectionRoutes
  private let loop: EventLoop
  private var rest: ArraySlice<UInt8>
  private let size: Int
  /// How much later it is, for the deadlines, once all has come; nanoseconds.
  private let wait: Int64
  private let end: (String?, MemoryStream) -> Void
  private var refusals = 0

  init(
    _ stream: MemoryStream, _ server: HTTPServer, _ routes: ConnectionRoutes, _ loop: EventLoop,
    _ input: ArraySlice<UInt8>, size: Int, wait: Int64,
    _ end: @escaping (String?, MemoryStream) -> Void
  ) {
    self.stream = stream
    self.server = server
    self.routes = routes
    self.loop = loop
    rest = input
    self.size = size
    self.wait = wait
    self.end = end
  }

  func begin() {
    routes.reset()
    server.serve(stream)
    feed()
  }

  private func feed() {
    guard !rest.isEmpty, !stream.isClosed, refusals < 5 else { return wind(5) }
    // What a read brings at most.
    let piece = rest.prefix(min(size, 16 * 1024))
    if stream.deliver(piece) {
      rest = rest.dropFirst(piece.count)
    } else {
      refusals += 1
      routes.release()
    }
    loop.later {
      self.stream.drain()
      self.loop.later { self.feed() }
    }
  }

  private func wind(_ rounds: Int) {
    routes.release()
    stream.drain()
    if rounds == 4, wait > 0 { server.expire(loop.now + wait) }
    if rounds == 3, wait > 0 { server.expire(loop.now + 2 * wait) }
    if rounds == 2 { stream.finish() }
    if rounds == 0 { stream.fail() }
    loop.later {
      self.loop.later { if rounds > 0 { self.wind(rounds - 1) } else { self.finish() } }
    }
  }

  private func finish() {
    end(routes.verdict(connections: server.connectionCount), stream)
  }
}
