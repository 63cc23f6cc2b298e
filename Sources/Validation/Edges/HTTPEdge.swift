// SPDX-License-Identifier: Apache-2.0

import HTTP
package import Net
import Sharing
import Time

/// An edge as the trial of its cache sees it: single requests, and the passing of time.
package protocol TriedEdge: ValidationClock {
  /// Sends one request, and reads the response to its end.
  ///
  /// - Returns: the response, or the reason why there is none.
  func send(_ request: EdgeRequest) -> Reply
}

/// An edge that is reached over TCP or TLS: a connection for each request, whose bytes are sent as
/// they are.
///
/// No redirection is followed and no request is repeated, so that requests can be counted. Confined
/// to one thread.
package final class HTTPEdge: TriedEdge {
  /// The largest response.
  private static let maximumBytes = 16 << 20
  private static let pieceSize = 64 * 1024
  /// How long a request and its response may take: longer than a request may be held.
  private static let limit = Interval.seconds(20)

  private let address: WebAddress
  private let trust: ServerTrust
  private let cancellation: ClientCancellation
  private let clock: CancellableClock
  private var context: ClientContext?
  private var ticket: ClientTicket?

  /// - Parameters:
  ///   - address: an address of the edge.
  ///   - trust: the certificates that the edge may have.
  ///   - cancellation: ends the trial.
  package init(_ address: WebAddress, _ trust: ServerTrust, _ cancellation: ClientCancellation) {
    (self.address, self.trust, self.cancellation) = (address, trust, cancellation)
    clock = CancellableClock(cancellation)
  }

  package var now: Double { clock.now }

  package var isCancelled: Bool { clock.isCancelled }

  package func wait(until time: Double) { clock.wait(until: time) }

  package func send(_ request: EdgeRequest) -> Reply {
    let sent = now
    var reply = Reply(url: request.url(at: address), status: 0, sent: sent, end: sent)
    do throws(any Error) { try exchange(request, &reply) } catch { reply.failure = "\(error)" }
    reply.end = now
    return reply
  }

  private func exchange(_ request: EdgeRequest, _ reply: inout Reply) throws(any Error) {
    if address.origin.isSecure, context == nil { context = try ClientContext(trust) }
    let connection = try ClientConnection(
      to: address.origin, context, resuming: ticket,
      deadline: SystemClock.monotonicTime + Self.limit, cancellation)
    try connection.write(request.bytes)
    var reader = ResponseReader()
    while !reader.hasEnded {
      let piece = try reader.take(try connection.read(Self.pieceSize))
      reply.body += piece
      if let head = reader.head { (reply.status, reply.fields) = (head.status, head.fields) }
      if request.method == "HEAD", reader.head != nil { break }
      guard reply.body.count <= Self.maximumBytes else {
        reply.failure = "more than \(Self.maximumBytes) bytes"
        break
      }
    }
    ticket = connection.ticket ?? ticket
  }
}
