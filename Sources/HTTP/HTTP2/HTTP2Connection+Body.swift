// SPDX-License-Identifier: Apache-2.0

import CNghttp2
import Net
import Time

// Request bodies: the client may send no more than was taken (RFC 9113 §5.2).
extension HTTP2Connection {
  /// Gives the body of an exchange to `receiver`.
  func receiveBody(of exchange: HTTP2Exchange, limit: Int?, _ receiver: any BodyReceiver) {
    guard let session else { return }
    guard let body = exchange.body else {
      return server.loop.later { if exchange.connection != nil { receiver.ended() } }
    }
    guard body.intake == nil else { return }
    let intake = BodyIntake(receiver, limit: limit, limits: server.limits, now: now)
    body.intake = intake
    if let failure = intake.refusal(of: exchange.request.framing) {
      intake.pause(true, now: now)
      return server.loop.later { self.fail(exchange, body, failure) }
    }
    exchange.askForBody(session)
    resumeLater(exchange, body)
    flushLater()
  }

  /// Pauses or resumes the passing on of a body.
  func pauseBody(of exchange: HTTP2Exchange, _ isPaused: Bool) {
    guard let body = exchange.body, let intake = body.intake, intake.isPaused != isPaused else {
      return
    }
    intake.pause(isPaused, now: now)
    if !isPaused { resumeLater(exchange, body) }
  }

  /// Stops the passing on of a body: its later bytes are dropped.
  func dropBody(of exchange: HTTP2Exchange) {
    guard let body = exchange.body else { return }
    exchange.body = nil
    session?.dropped(body.unread.count)
  }

  /// Removes the body of an exchange, which becomes a WebSocket.
  ///
  /// - Returns: the bytes that were received before.
  func takeUnread(of exchange: HTTP2Exchange) -> [UInt8] {
    let bytes = exchange.body?.unread ?? []
    exchange.body = nil
    if !bytes.isEmpty { session?.consumed(bytes.count, of: exchange.stream) }
    return bytes
  }

  /// Drops a body, and tells its receiver that it will not be complete.
  func loseBody(of exchange: HTTP2Exchange) {
    let receiver = exchange.body?.intake?.receiver
    dropBody(of: exchange)
    if let receiver { server.loop.later { receiver.failed(.gone) } }
  }

  /// Bytes of a request's body were received; each of them is reported once to `consumed` or
  /// `dropped` of the session.
  func bodyReceived(_ stream: Int32, _ bytes: UnsafeBufferPointer<UInt8>) {
    guard let exchange = exchanges[stream] else {
      session?.dropped(bytes.count)
      return
    }
    if let tunnel = exchange.tunnel, tunnel.isReading {
      session?.consumed(bytes.count, of: stream)
      return tunnel.receive(unsafe bytes.span)
    }
    guard let body = exchange.body else {
      session?.dropped(bytes.count)
      return
    }
    guard body.isWanted, body.unread.isEmpty else {
      unsafe body.unread.append(contentsOf: bytes)
      return
    }
    pass(unsafe bytes.span, of: exchange, to: body)
  }

  /// A request's body has ended.
  func bodyEnded(_ stream: Int32) {
    guard let exchange = exchanges[stream] else { return }
    exchange.isInputOpen = false
    exchange.tunnel?.endInput()
    guard let body = exchange.body else { return }
    body.isWhole = true
    endBody(exchange, body)
  }

  private func pass(
    _ bytes: borrowing Span<UInt8>, of exchange: HTTP2Exchange, to body: HTTP2Body
  ) {
    session?.consumed(bytes.count, of: exchange.stream)
    do throws(BodyFailure) {
      try body.intake?.take(bytes, now: now)
    } catch {
      fail(exchange, body, error)
    }
  }

  private func resumeLater(_ exchange: HTTP2Exchange, _ body: HTTP2Body) {
    server.loop.later {
      guard exchange.body === body, body.isWanted else { return }
      let bytes = body.unread
      body.unread = []
      if !bytes.isEmpty { self.pass(bytes.span, of: exchange, to: body) }
      self.endBody(exchange, body)
      self.flushLater()
    }
  }

  private func endBody(_ exchange: HTTP2Exchange, _ body: HTTP2Body) {
    guard exchange.body === body, body.isWhole, body.isWanted, body.unread.isEmpty else { return }
    exchange.body = nil
    body.intake?.receiver.ended()
  }

  /// Refuses the rest of a body.
  private func fail(_ exchange: HTTP2Exchange, _ body: HTTP2Body, _ failure: BodyFailure) {
    guard exchange.body === body else { return }
    dropBody(of: exchange)
    if let fault = failure.fault { server.observer?.faulted(fault) }
    exchange.respond(
      .text(failure.status, failure.description, fields: server.errorFields), extra: [])
    body.intake?.receiver.failed(failure)
  }

  /// Refuses bodies that arrive too slowly, and resets HTTP/2 streams on which the client still
  /// sends a body `lingerTime` after the response.
  ///
  /// RFC 9113 §8.1. An earlier reset would destroy the response in some clients (curl 7.88).
  func checkBodies(_ now: MonotonicTime) {
    for exchange in Array(exchanges.values) {
      if exchange.isInputOpen, exchange.isEnded, exchange.pending.isEmpty,
        now - exchange.pace.since >= server.limits.lingerTime
      {
        session?.reset(exchange.stream, NGHTTP2_NO_ERROR)
        flushLater()
      }
      guard let body = exchange.body, !body.isWhole, let failure = body.intake?.delay(now: now)
      else { continue }
      fail(exchange, body, failure)
    }
  }
}
