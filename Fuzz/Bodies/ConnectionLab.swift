// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Net
import Sharing
import TestSupport
import Time

/// One loop on a manual clock with a server, for one connection in memory after the other.
///
/// The first byte of an input determines how many bytes the kernel takes at once and whether time
/// passes, the second byte the size of the pieces into which the rest is cut.
final class ConnectionLab: @unchecked Sendable {
  static let shared = ConnectionLab()

  private let lock = Locked(())
  private let clock = ManualClock()
  private let loop: EventLoop?
  private var server: HTTPServer?
  private var routes: TestRoutes?

  private init() {
    loop = try? EventLoop(index: 0) { [clock] in clock.now }
    loop?.embed { loop in
      var limits = HTTPLimits()
      limits.queuedBytes = 100_000
      let routes = TestRoutes(loop, Self.answer)
      server = HTTPServer(loop: loop, limits: limits, handler: routes, observer: routes)
      self.routes = routes
      return routes
    }
  }

  /// Runs one connection that begins with `preface`.
  ///
  /// - Parameters:
  ///   - bytes: the input.
  ///   - preface: bytes that the client sends first.
  ///   - check: looks at the sent bytes, and is told whether more bytes were queued at the end.
  /// - Returns: the property that does not hold, or nil.
  func run(
    _ bytes: [UInt8], preface: [UInt8], _ check: @Sendable ([UInt8], Bool) -> String?
  ) -> String? {
    guard bytes.count >= 2 else { return nil }
    return lock.withLock { _ in
      guard let loop, let server, let routes else { return "no loop" }
      let capacity = [.max, .max, 20_000, 100][Int(bytes[0] & 3)]
      let stream = MemoryStream(loop, capacity: capacity)
      routes.reset()
      server.serve(stream)
      send(preface + bytes[2...], in: bytes[1] == 0 ? .max : Int(bytes[1]), stream, loop, routes)
      wind(stream, loop, routes, wait: [0, 0, 11, 61][Int(bytes[0] >> 2 & 3)])
      return verdict(routes, server) ?? check(stream.written, stream.hasLost)
    }
  }

  private func send(
    _ input: [UInt8], in size: Int, _ stream: MemoryStream, _ loop: EventLoop, _ routes: TestRoutes
  ) {
    var rest = input[...]
    var pauses = 0
    while !rest.isEmpty, !stream.isClosed, pauses < 5 {
      stream.send(rest.prefix(size))
      rest = rest.dropFirst(size)
      settle(stream, loop)
      guard stream.hasUnread else { continue }
      pauses += 1
      routes.release()
      settle(stream, loop)
    }
  }

  /// Answers held requests; lets time pass, then the client sends FIN, then the connection is lost.
  private func wind(
    _ stream: MemoryStream, _ loop: EventLoop, _ routes: TestRoutes, wait: Int64
  ) {
    for round in (0...5).reversed() {
      routes.release()
      if round == 4 || round == 3 { clock.advance(by: .seconds(wait)) }
      if round == 2 { stream.finish() }
      if round == 0 { stream.fail() }
      settle(stream, loop)
    }
  }

  private func settle(_ stream: MemoryStream, _ loop: EventLoop) {
    repeat {
      loop.iterate()
      _ = stream.read()
    } while stream.step()
    loop.iterate()
  }

  private func verdict(_ routes: TestRoutes, _ server: HTTPServer) -> String? {
    let seen = routes.seen.wait { $0 }
    if let violation = seen.violations.first { return violation }
    if server.connectionCount > 0 { return "\(server.connectionCount) connections are left" }
    for record in seen.finished {
      if record.bytesSent < 0 { return "\(record.bytesSent) bytes sent" }
      let begun = record.begun ?? record.asked
      if record.ended < begun || begun < record.asked {
        return "asked \(record.asked), begun \(begun), ended \(record.ended)"
      }
    }
    let ended = seen.finished.count { $0.kind != .refused }
    return seen.paths.count == ended
      ? nil : "\(seen.paths.count) requests were routed, \(ended) ended"
  }

  /// The last letter of the path determines the answer.
  @Sendable private static func answer(_ request: Request) -> TestRoutes.Answer {
    switch request.rawPath.utf8.last {
    case UInt8(ascii: "l"): .response(large)
    case UInt8(ascii: "h"): .held
    case UInt8(ascii: "s"): .begun
    case UInt8(ascii: "x"): .aborted
    case UInt8(ascii: "e"): .ended
    case UInt8(ascii: "b"): .echo(limit: 1000)
    case UInt8(ascii: "p"): .taken(pauses: true)
    case UInt8(ascii: "q"): .takenWhileAnswering
    case UInt8(ascii: "r"): .takenTooLate
    case UInt8(ascii: "w"): .socket
    default: .response(small)
    }
  }

  private static let small = PreparedResponse.text(200, "small")
  private static let large = PreparedResponse(
    status: 200, fields: [HeaderField("ETag", "\"a\""), HeaderField("Priority", "u=1, i")],
    slices: [ByteSlice(SharedBytes([UInt8](repeating: 0x61, count: 30_000)))])
}
