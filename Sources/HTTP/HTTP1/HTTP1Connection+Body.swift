// SPDX-License-Identifier: Apache-2.0

import Net

// Request bodies: nothing else is read before the end of a body.
extension HTTP1Connection {
  /// Gives the body of an exchange to `receiver`.
  func receiveBody(of exchange: HTTP1Exchange, limit: Int?, _ receiver: any BodyReceiver) {
    guard lifecycle.state != .closed, !exchange.isEnded else { return }
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

  /// Pauses or resumes the reading of a body.
  func pauseBody(of exchange: HTTP1Exchange, _ isPaused: Bool) {
    guard let body, body.exchange === exchange, let intake = body.intake,
      intake.isPaused != isPaused
    else { return }
    intake.pause(isPaused, now: server.loop.now)
    // Bytes before the client's FIN belong to the body, however late they are read.
    stream.noticesEnd = !isPaused
    guard !isPaused else { return }
    server.loop.later {
      self.endBody(body)
      self.resume()
    }
  }

  /// Passes on a piece of a body, and its end.
  func feed(_ body: HTTP1Body, _ bytes: borrowing Span<UInt8>, _ position: inout Int) {
    do throws(BodyFailure) {
      try body.take(bytes, &position, now: server.loop.now)
    } catch {
      return fail(body, error)
    }
    endBody(body)
  }

  /// Ends a whole body, unless the receiver has paused it with its last piece; then the connection
  /// takes requests again.
  private func endBody(_ body: HTTP1Body) {
    guard self.body === body, body.isWhole, body.isWanted else { return }
    self.body = nil
    let exchange = body.exchange
    if exchange.head.state == .unanswered, exchange.request.keepAlive, !server.isDraining {
      exchange.closes = false
      lifecycle.resumeRequests()
    }
    body.intake?.receiver.ended()
  }

  /// Refuses the rest of a body, and all later bytes of the connection.
  func fail(_ body: HTTP1Body, _ failure: BodyFailure) {
    guard self.body === body else { return }
    dropBody()
    stopRequests(after: body.exchange)
    if let fault = failure.fault { server.observer?.faulted(fault) }
    body.exchange.respond(
      .text(failure.status, failure.description, fields: server.errorFields), extra: [])
    body.intake?.receiver.failed(failure)
  }
}
