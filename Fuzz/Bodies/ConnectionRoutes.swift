// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing

/// Routes that answer in every way there is, and count how each exchange ends.
///
/// Confined to the loop's thread.
final class ConnectionRoutes: RequestHandler, ExchangeObserver, LoopService {
  private(set) var handled = 0
  private(set) var finished = 0
  private(set) var violation: String?
  private var held: [any Exchange] = []
  private var takers: [FuzzTaker] = []
  private let loop: EventLoop
  private static let small = PreparedResponse.text(200, "small")
  private static let large = PreparedResponse(
    status: 200, fields: [HeaderField("ETag", "\"a\""), HeaderField("Priority", "u=1, i")],
    slices: [ByteSlice(SharedBytes([UInt8](repeating: 0x61, count: 30_000)))])
  private static let open = PreparedResponse(status: 200, fields: [])
  private static let piece = SharedBytes([UInt8](repeating: 0x62, count: 500))

  init(_ loop: EventLoop) { self.loop = loop }

  func handle(_ exchange: any Exchange) {
    handled += 1
    switch exchange.request.rawPath.utf8.last {
    case UInt8(ascii: "l"): exchange.respond(Self.large.ranged(exchange.request))
    case UInt8(ascii: "h"): held.append(exchange)
    case UInt8(ascii: "s"):
      exchange.begin(Self.open)
      exchange.write(Self.piece)
      held.append(exchange)
    case UInt8(ascii: "x"):
      exchange.begin(Self.open)
      exchange.write(Self.piece)
      loop.later { exchange.abort() }
    case UInt8(ascii: "e"):
      exchange.begin(Self.open)
      exchange.write(Self.piece)
      exchange.end()
    case UInt8(ascii: "b"):
      exchange.collectBody(limit: 1000) { bytes in
        exchange.respond(PreparedResponse(status: 200, fields: [], body: [SharedBytes(bytes)]))
      }
    case UInt8(ascii: "p"): takers.append(FuzzTaker(exchange, pauses: true))
    case UInt8(ascii: "q"):
      takers.append(FuzzTaker(exchange, pauses: false))
      exchange.begin(Self.open)
    case UInt8(ascii: "r"):
      takers.append(FuzzTaker(exchange, pauses: true))
      loop.later { exchange.respond(Self.small) }
    default: exchange.respond(Self.small, extra: [HeaderField("X-Held-Ms", "1")])
    }
  }

  /// Answers what is held, one way or the other.
  func release() {
    let waiting = held
    held = []
    for taker in takers { taker.goOn() }
    for exchange in waiting {
      exchange.write(Self.piece)
      exchange.end()
      exchange.respond(Self.small)
    }
  }

  /// What does not hold after the end of a connection.
  func verdict(connections: Int) -> String? {
    if let violation { return violation }
    if connections > 0 { return "\(connections) connections are left" }
    if let wrong = takers.lazy.compactMap(\.violation).first { return wrong }
    return handled == finished ? nil : "\(handled) requests were routed, \(finished) ended"
  }

  /// Nothing is held any longer and nothing was counted.
  func reset() {
    held = []
    takers = []
    (handled, finished, violation) = (0, 0, nil)
  }

  func finished(_ record: ExchangeRecord) {
    if record.kind != .refused { finished += 1 }
    if record.bytesSent < 0 { violation = "\(record.bytesSent) bytes sent" }
    if record.ended < record.begun || record.begun > 0 && record.begun < record.asked {
      violation = "asked \(record.asked), begun \(record.begun), ended \(record.ended)"
    }
  }

  func woken() {}
  var nextDeadline: Int64 { .max }
  func expire(_ now: Int64) {}
}
