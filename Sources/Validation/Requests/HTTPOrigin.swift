// SPDX-License-Identifier: Apache-2.0

package import HTTP
package import Net
import Sharing
import Time

/// A server that is reached over HTTP.
package final class HTTPOrigin: ValidatedOrigin {
  /// The largest response.
  private static let maximumBytes = 64 << 20
  /// How long a response may give no byte: longer than a request may be held.
  private static let limit = Interval.seconds(20)

  private let client: HTTPClient
  private let cancellation: ClientCancellation
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
    (self.cancellation, self.onFailure) = (cancellation, onFailure)
  }

  package var now: Double { Double(SystemClock.wallTime.milliseconds) / 1000 }

  package var earlyHints: Int { client.earlyHintCount }

  package var isCancelled: Bool { cancellation.isCancelled }

  package func wait(until time: Double) {
    let step = 0.2
    while !isCancelled, now < time {
      let milliseconds = (min(step, time - now) * 1000.0).rounded(.up)
      SystemClock.sleep(
        until: SystemClock.monotonicTime + .milliseconds(Int64(clamping: Int128(milliseconds))))
    }
  }

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
