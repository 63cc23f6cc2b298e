// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// The body of one HTTP/1.1 request while it is received.
final class HTTP1Body {
  private enum Framing {
    /// The number of bytes that are not received yet.
    case length(Int)
    case chunked(ChunkedDecoder)
  }

  let exchange: HTTP1Exchange
  /// Passes the body to its receiver; nil until the route names a receiver.
  var intake: BodyIntake?
  private var framing: Framing
  private(set) var isWhole = false

  /// The body of a request; nil if the request has none.
  init?(_ exchange: HTTP1Exchange, limits: HTTPLimits) {
    self.exchange = exchange
    switch exchange.request.framing {
    case .none: return nil
    case .contentLength(let count): framing = .length(count)
    case .chunked: framing = .chunked(ChunkedDecoder(trailerLimit: limits.head.headBytes))
    }
  }

  /// Whether bytes of the body may be taken now.
  var isWanted: Bool { intake.map { !$0.isPaused } ?? false }

  /// Passes on the next piece of the body, and moves `position` to its end.
  func take(
    _ bytes: borrowing Span<UInt8>, _ position: inout Int, now: MonotonicTime
  ) throws(BodyFailure) {
    switch framing {
    case .length(let left):
      let start = position
      position += min(left, bytes.count - position)
      let count = position - start
      framing = .length(left - count)
      isWhole = left == count
      try intake?.take(bytes.extracting(start..<position), now: now)
    case .chunked(var decoder):
      let piece: ChunkedDecoder.Piece
      do throws(ChunkedCodingError) {
        piece = try decoder.next(bytes, &position)
      } catch {
        throw .malformed(error)
      }
      framing = .chunked(decoder)
      switch piece {
      case .data(let range): try intake?.take(bytes.extracting(range), now: now)
      case .end: isWhole = true
      case .more: break
      }
    }
  }
}
