// SPDX-License-Identifier: Apache-2.0

import Net

/// The body of one request of HTTP/1.1, while it comes.
final class HTTP1Body {
  private enum Framing {
    /// Bytes that are still to come.
    case length(Int)
    case chunked(ChunkedDecoder)
  }

  let exchange: HTTP1Exchange
  /// Who takes it; nil while no route has said.
  var intake: BodyIntake?
  private var framing: Framing
  private(set) var isWhole = false

  /// The body of a request; nil where it has none.
  init?(_ exchange: HTTP1Exchange, limits: HTTPLimits) {
    self.exchange = exchange
    switch exchange.request.framing {
    case .none: return nil
    case .contentLength(let count): framing = .length(count)
    case .chunked: framing = .chunked(ChunkedDecoder(trailerLimit: limits.head.headBytes))
    }
  }

  /// Whether bytes of it may be taken now.
  var isWanted: Bool { intake.map { !$0.isPaused } ?? false }

  /// Hands on the next piece of the body, and moves `position` behind it.
  func take(
    _ bytes: borrowing Span<UInt8>, _ position: inout Int, now: Int64
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

// Bodies: while one comes nothing else is read.
extension HTTP1Connection {
  /// Gives the body of an exchange to `receiver` from now on.
  func receiveBody(of exchange: HTTP1Exchange, limit: Int?, _ receiver: any BodyReceiver) {
    guard phase != .closed, !exchange.isEnded else { return }
    guard let body, body.exchange === exchange else {
      return server.loop.later { if exchange.connection != nil { receiver.ended() } }
    }
    guard body.intake == nil else { return }
    let intake = BodyIntake(receiver, limit: limit, limits: server.limits, now: server.loop.now)
    body.intake = intake
    if let failure = intake.refusal(of: exchange.request.framing) {
      intake.pause(true, now: server.loop.now)
      return server.loop.later { self.fail(body, failure) }
    }
    exchange.askForBody()
    server.loop.later { self.resume() }
  }

  func isBodyPaused(of exchange: HTTP1Exchange) -> Bool {
    guard let body, body.exchange === exchange else { return false }
    return body.intake?.isPaused ?? false
  }

  /// Stops reading a body, or goes on.
  func pauseBody(of exchange: HTTP1Exchange, _ isPaused: Bool) {
    guard let body, body.exchange === exchange, let intake = body.intake,
      intake.isPaused != isPaused
    else { return }
    intake.pause(isPaused, now: server.loop.now)
    // What came before the client's end is part of the body, however late it is read.
    stream.noticesEnd = !isPaused
    if !isPaused { server.loop.later { self.resume() } }
  }

  /// Hands on what came of a body, and goes over to the next request behind its end.
  func feed(_ body: HTTP1Body, _ bytes: borrowing Span<UInt8>, _ position: inout Int) {
    do throws(BodyFailure) {
      try body.take(bytes, &position, now: server.loop.now)
    } catch {
      return fail(body, error)
    }
    guard body.isWhole, self.body === body else { return }
    self.body = nil
    let exchange = body.exchange
    if !exchange.hasBegun, exchange.request.keepAlive, !server.isDraining {
      exchange.closes = false
      phase = .open
    }
    body.intake?.receiver.ended()
  }

  /// Refuses the rest of a body, and with it all that the connection may still bring.
  func fail(_ body: HTTP1Body, _ failure: BodyFailure) {
    guard self.body === body else { return }
    dropBody()
    takesNoMore(after: body.exchange)
    if let fault = failure.fault { server.observer?.faulted(fault) }
    body.exchange.respond(
      .text(failure.status, failure.description, fields: server.errorFields), extra: [])
    body.intake?.receiver.failed(failure)
  }

  /// Takes no more of a body.
  func dropBody() {
    body = nil
    leftover = []
    stream.noticesEnd = true
  }
}
