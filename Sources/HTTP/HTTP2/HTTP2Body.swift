// SPDX-License-Identifier: Apache-2.0

import CNghttp2
import Net

/// The body of one request of HTTP/2, while it comes.
final class HTTP2Body {
  /// Who takes it; nil while no route has said.
  var intake: BodyIntake?
  /// What came while nobody took it: no more than the window that was open.
  var unread: [UInt8] = []
  /// Nothing more comes.
  var isWhole = false

  /// Whether bytes of it may be handed on now.
  var isWanted: Bool { intake.map { !$0.isPaused } ?? false }
}

// Bodies: the peer may send no more than somebody has taken (RFC 9113 §5.2).
extension HTTP2Connection {
  /// Gives the body of an exchange to `receiver` from now on.
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
    goOnLater(exchange, body)
    flushLater()
  }

  /// Stops handing a body on, or goes on.
  func pauseBody(of exchange: HTTP2Exchange, _ isPaused: Bool) {
    guard let body = exchange.body, let intake = body.intake, intake.isPaused != isPaused else {
      return
    }
    intake.pause(isPaused, now: now)
    if !isPaused { goOnLater(exchange, body) }
  }

  /// Takes no more of a body: what still comes of it is dropped.
  func dropBody(of exchange: HTTP2Exchange) {
    guard let body = exchange.body else { return }
    exchange.body = nil
    session?.dropped(body.unread.count)
  }

  /// Takes no more of a body, and tells who took it that it will not be whole.
  func loseBody(of exchange: HTTP2Exchange) {
    let receiver = exchange.body?.intake?.receiver
    dropBody(of: exchange)
    if let receiver { server.loop.later { receiver.failed(.gone) } }
  }

  func bodyCame(_ stream: Int32, _ bytes: UnsafeBufferPointer<UInt8>) {
    guard let exchange = exchanges[stream], let body = exchange.body else {
      session?.dropped(bytes.count)
      return
    }
    guard body.isWanted, body.unread.isEmpty else {
      unsafe body.unread.append(contentsOf: bytes)
      return
    }
    handOn(unsafe bytes.span, to: body, of: exchange)
  }

  func bodyEnds(_ stream: Int32) {
    guard let exchange = exchanges[stream] else { return }
    exchange.isInputOpen = false
    guard let body = exchange.body else { return }
    body.isWhole = true
    endBody(exchange, body)
  }

  private func handOn(
    _ bytes: borrowing Span<UInt8>, to body: HTTP2Body, of exchange: HTTP2Exchange
  ) {
    session?.consumed(bytes.count, of: exchange.stream)
    do throws(BodyFailure) {
      try body.intake?.take(bytes, now: now)
    } catch {
      fail(exchange, body, error)
    }
  }

  private func goOnLater(_ exchange: HTTP2Exchange, _ body: HTTP2Body) {
    server.loop.later {
      guard exchange.body === body, body.isWanted else { return }
      let bytes = body.unread
      body.unread = []
      if !bytes.isEmpty { self.handOn(bytes.span, to: body, of: exchange) }
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

  /// Refuses bodies that come too slowly, and resets streams whose client goes on sending though it
  /// has had its answer for a while.
  ///
  /// RFC 9113 §8.1; not at once, since there are clients (curl 7.88) that lose the answer then.
  func checkBodies(_ now: Int64) {
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
