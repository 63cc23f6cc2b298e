// SPDX-License-Identifier: Apache-2.0

package import HTTP
package import Net
import Time

/// A server that is reached over HTTP.
package final class HTTPOrigin: ValidatedOrigin {
  /// The largest response.
  private static let maximumBytes = 64 << 20
  /// How long a response may give no byte: longer than a request may be held.
  private static let limit = Interval.seconds(20)

  private let client: HTTPClient
  private let clock: CancellableClock
  private let onFailure: @Sendable (_ url: String, _ outcome: String) -> Void

  /// - Parameters:
  ///   - agent: the value of `User-Agent`.
  ///   - trust: the certificates that servers may have.
  ///   - cancellation: ends the validation.
  ///   - onFailure: called with the address and the outcome of each request that fails.
  package init(
    agent: String, _ trust: ServerTrust, _ cancellation: ClientCancellation,
    onFailure: @escaping @Sendable (_ url: String, _ outcome: String) -> Void = { _, _ in }
  ) {
    client = HTTPClient(trust, agent: agent, limit: Self.limit, cancellation)
    clock = CancellableClock(cancellation)
    self.onFailure = onFailure
  }

  package var now: Double { clock.now }

  package var earlyHints: Int { client.earlyHintCount }

  package var isCancelled: Bool { clock.isCancelled }

  package func wait(until time: Double) { clock.wait(until: time) }

  package func get(_ url: String, _ fields: [HeaderField], _ meter: AgeMeter?) -> Reply {
    let sent = now
    guard !isCancelled else {
      return Reply(url: url, status: 0, failure: "cancelled", sent: sent, end: sent)
    }
    meter?.begin()
    var reply = Reply(url: url, status: 0, sent: sent, end: sent)
    do throws(HTTPClient.Failure) {
      reply.url = try client.get(url, fields: fields)
      reply.status = client.head?.status ?? 0
      reply.fields = client.head?.fields ?? []
      while let piece = try client.next() {
        reply.body += piece
        reply.pieces.append(now)
        meter?.take(piece)
        guard reply.body.count <= Self.maximumBytes else {
          reply.failure = "more than \(Self.maximumBytes) bytes"
          break
        }
      }
    } catch {
      if case .status(let status) = error {
        reply.status = status
        reply.fields = client.head?.fields ?? []
      } else {
        reply.failure = "\(error)"
      }
    }
    reply.end = now
    if !reply.isWhole, !isCancelled { onFailure(url, reply.outcome) }
    return reply
  }
}
