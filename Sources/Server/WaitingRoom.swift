import HTTP
package import Net
import Sharing

/// Answers while there is no stream yet: its source has not come, so its size and rate are not known.
///
/// Requests wait in the queue of the socket before; who comes while the room is open is told to come again.
package final class WaitingRoom: Sendable {
  /// What lives on the loop; confined to it.
  private final class Tenant: @unchecked Sendable {
    var http: HTTPServer?
    var acceptors: [Acceptor] = []
  }

  private let loop: EventLoop
  private let tenant = Tenant()

  /// Opens the room; the sockets stay with the caller.
  package init(_ endpoints: [Endpoint]) throws(NetError) {
    loop = try EventLoop(index: 0)
    try loop.start { [tenant] loop in
      let desk = WaitingDesk()
      tenant.http = HTTPServer(
        loop: loop, handler: desk, errorFields: ResponseFields.crossOrigin)
      // A socket that cannot be watched now will fail with the stream's own server, which says so.
      tenant.acceptors = endpoints.compactMap {
        try? Acceptor($0.socket, on: loop, among: [loop], tls: $0.tls)
      }
      return desk
    }
  }

  /// Accepts no more, answers what is open, and closes.
  package func close() {
    let isDone = Mailbox(false)
    loop.post { [tenant] in
      for acceptor in tenant.acceptors { acceptor.stop() }
      tenant.http?.drain()
      isDone.update { $0 = true }
    }
    _ = isDone.wait { $0 ? true : nil }
    loop.stop()
    loop.join()
  }
}

/// Answers everything in the same way, but for the question whether the program lives.
private final class WaitingDesk: RequestHandler, LoopService {
  private let answer = ResponseFields.error(
    503, "the stream's source has not come yet", .noStore, [HeaderField("Retry-After", "1")])
  private let health = PreparedResponse.text(
    200, "ok", fields: [HeaderField("Cache-Control", "no-store")])

  func handle(_ exchange: any Exchange) {
    exchange.respond(exchange.request.path == "/health" ? health : answer, extra: [])
  }

  func woken() {}
  var nextDeadline: Int64 { .max }
  func expire(_ now: Int64) {}
}
