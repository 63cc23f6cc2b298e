// SPDX-License-Identifier: Apache-2.0

package import HTTP
import Net
import Sharing
package import Time

/// The viewers over HTTP on one loop: written by the loop, read for statistics.
package final class HTTPViewers: Sendable {
  /// A part that was held at least for this time was sent at its publication.
  private static let minimumHold = Interval.milliseconds(2)

  private let table = Locked(HTTPViewerTable())

  /// The number of the viewer that sends the request of an exchange, which has it already if the
  /// viewer is counted; if not, the owner of a token is not known.
  package static func number(
    of exchange: any Exchange, _ report: CMCDReport?, on stream: String
  ) -> UInt64 {
    guard exchange.viewer == 0 else { return exchange.viewer }
    return ViewerIdentity(exchange.request, tokenOwner: nil, on: stream).number(report)
  }

  /// A request of a viewer begins; its exchange keeps the viewer's number.
  ///
  /// - Parameters:
  ///   - exchange: the exchange.
  ///   - head: its request.
  ///   - request: the request, as far as it matters for statistics.
  ///   - stream: the name of the stream.
  ///   - now: the present time.
  /// - Returns: the transport of the viewer; nil if the viewer is not counted.
  package func began(
    _ exchange: any Exchange, _ head: Request, _ request: ViewerRequest, on stream: String,
    now: MonotonicTime
  ) -> ViewerTransport? {
    var result = table.withLock { $0.began(request, now: now) }
    if result == nil {
      let report = ViewerReport(
        number: request.viewer, stream: stream, peer: head.peer,
        userAgent: ViewerReport.shortened(head.header("user-agent")),
        since: SystemClock.wallTime, transport: .segmentedHLS)
      result = table.withLock { $0.add(report, request, now: now) }
    }
    guard let result else { return nil }
    exchange.viewer = request.viewer
    if result.wantsRoundTrip, let roundTrip = exchange.roundTrip {
      table.withLock { $0.measured(roundTrip: roundTrip, of: request.viewer) }
    }
    return result.transport
  }

  /// A response has ended.
  package func ended(_ record: ExchangeRecord) {
    var sending: Interval?
    if record.kind == .part, record.status == 200, !record.cut, let begun = record.begun,
      begun - record.asked >= Self.minimumHold
    {
      sending = record.ended - begun
    }
    table.withLock {
      $0.ended(
        record.viewer, bytes: record.bytesSent, isCut: record.cut && record.status > 0,
        sending: sending, now: record.ended)
    }
  }

  /// The transport of a viewer; nil if it is not known.
  package func transport(of number: UInt64) -> ViewerTransport? {
    table.withLock { $0.transport(of: number) }
  }

  /// The number of viewers, including viewers that have just left.
  package var count: Int { table.withLock { $0.count } }

  /// The viewers that are present.
  package func present(_ now: MonotonicTime) -> [HTTPViewerTable.Presence] {
    table.withLock { $0.present(now) }
  }
}
