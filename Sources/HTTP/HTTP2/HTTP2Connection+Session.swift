// SPDX-License-Identifier: Apache-2.0

import CNghttp2
import Net

// Events of the session: requests, bodies, ended HTTP/2 streams. They are called from inside its
// `receive` and `send`; a returned fault ends the connection.
extension HTTP2Connection {
  /// The requests that are taken at once; further ones wait for other connections and publications.
  private static let turnLength = 16

  /// Takes the frames to be sent; a full output takes no more.
  var output: GatheredOutput { server.output }

  /// Whether the fields of the next request wait for the next call of `receive`.
  var isTurnOver: Bool { takenCount >= Self.turnLength }

  /// Keeps a fault that a callback found.
  ///
  /// - Returns: the code that tells the library whether to continue.
  func note(_ found: ConnectionFault?) -> Int32 {
    guard let found else { return 0 }
    return session?.note(found) ?? NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
  }

  /// A frame's header was received.
  func frameBegan(_ type: UInt8, stream: Int32, length: Int) -> ConnectionFault? {
    if UInt32(type) != NGHTTP2_CONTINUATION.rawValue { incoming = nil }
    switch nghttp2_frame_type(rawValue: UInt32(type)) {
    case NGHTTP2_RST_STREAM: return budget.take(.reset, now: now)
    case NGHTTP2_PING: return budget.take(.ping, now: now)
    case NGHTTP2_SETTINGS: return budget.take(.settings, now: now)
    case NGHTTP2_WINDOW_UPDATE: return budget.takeWindow(now: now)
    // The library ignores a skipped number.
    case NGHTTP2_HEADERS: return numbers.begin(stream) ? nil : .protocolError
    case NGHTTP2_CONTINUATION: return nil
    case NGHTTP2_DATA where length > 0: return nil
    // The library does not check these frames. RFC 9113 §6.3.
    case NGHTTP2_PRIORITY where stream == 0: return .protocolError
    default: return budget.take(.empty, now: now)
    }
  }

  /// A field section of a new request begins.
  func headBegan(_ stream: Int32) {
    incoming = HTTP2RequestHead(stream: stream, since: now, limits: server.limits.head)
  }

  /// A field of the section.
  func headField(
    _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) -> ConnectionFault? {
    unsafe incoming?.take(name, value)
    return incoming?.isBomb == true ? .headerBomb : nil
  }

  /// The field section is complete.
  func headEnded(_ stream: Int32, hasBody: Bool) {
    var ended: HTTP2RequestHead?
    swap(&ended, &incoming)
    guard let head = ended, head.stream == stream else { return }
    takenCount += 1
    guard !head.isMalformed else {
      session?.reset(stream, NGHTTP2_PROTOCOL_ERROR)
      return
    }
    do {
      var request = try head.request(hasBody: hasBody, peer: peer)
      try server.complete(&request, from: self.stream)
      take(HTTP2Exchange(request, stream: stream, hasBody: hasBody, self))
    } catch {
      let exchange = HTTP2Exchange(.unknown, stream: stream, hasBody: hasBody, self)
      refuse(exchange, error.status, error.description)
    }
  }

  private func take(_ exchange: HTTP2Exchange) {
    if let refusal {
      server.observer?.faulted(refusal.fault)
      refuse(exchange, refusal.status, refusal.line, [Refusal.retryAfter])
      if lifecycle.state == .open {
        lifecycle.stopRequests()
        session?.end()
      }
      return
    }
    let limit = server.limits.heldRequests
    guard unansweredCount < limit else {
      server.observer?.faulted(.heldRequests)
      return refuse(
        exchange, 429, "too many unanswered requests (at most \(limit))", [Refusal.retryAfter])
    }
    if exchange.request.connectProtocol == .other {
      // RFC 9220 §3, which holds for HTTP/2 too.
      return refuse(exchange, 501, "unknown protocol of CONNECT (expected websocket)")
    }
    if let refusal = server.refusal(of: exchange, from: stream) {
      server.observer?.faulted(refusal.fault)
      return refuse(exchange, refusal.status, refusal.line, [Refusal.retryAfter])
    }
    add(exchange)
    server.handler.handle(exchange)
    exchange.wasRouted(server.errorFields)
    if server.isDraining { drain() }
  }

  private func refuse(
    _ exchange: HTTP2Exchange, _ status: Int, _ line: String, _ fields: [HeaderField] = []
  ) {
    add(exchange)
    exchange.kind = .refused
    exchange.respond(.text(status, line, fields: server.errorFields + fields), extra: [])
    exchange.wasRouted(server.errorFields)
  }

  /// The client violated the protocol, which ends an HTTP/2 stream or the connection.
  func streamFaulted() -> ConnectionFault? {
    incoming = nil
    return budget.take(.reset, now: now)
  }

  /// The number of a body's bytes that may be sent now, at most `limit`, and whether they are the
  /// last; nil to wait for `resume`.
  func sendableBody(_ stream: Int32, limit: Int) -> (count: Int, isLast: Bool)? {
    guard let exchange = exchanges[stream] else { return nil }
    let count = min(limit, exchange.pending.byteCount)
    let isLast = exchange.isEnded && count == exchange.pending.byteCount
    guard count > 0 || isLast else {
      exchange.isDeferred = true
      return nil
    }
    return (count, isLast)
  }

  /// Moves `count` bytes of the body to the output.
  func moveBody(_ stream: Int32, count: Int) {
    exchanges[stream]?.move(
      count, to: output, least: server.limits.minimumSentBytes, now: now)
  }

  /// A frame was moved to the output.
  func frameSent(_ type: UInt8, flags: UInt8, stream: Int32, length: Int, errorCode: UInt32) {
    switch nghttp2_frame_type(rawValue: UInt32(type)) {
    case NGHTTP2_HEADERS: exchanges[stream]?.headSent(length + 9)
    case NGHTTP2_DATA: budget.sentData()
    case NGHTTP2_GOAWAY, NGHTTP2_RST_STREAM:
      // Our own reasons were counted when they occurred.
      let isOurs = [
        NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM,
      ].contains { $0.rawValue == errorCode }
      if !isOurs { server.observer?.faulted(.protocolError) }
    default: break
    }
    let isEnd = UInt32(flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    if isEnd { exchanges[stream]?.answerSent(now: now) }
  }

  /// An HTTP/2 stream is closed.
  func streamClosed(_ stream: Int32) {
    retired[stream] = nil
    guard let exchange = exchanges[stream] else { return }
    let isWhole = exchange.isEnded && exchange.pending.isEmpty
    forget(exchange)
    guard isWhole, exchange.tunnel == nil else { return tellGone([exchange]) }
    if exchange.isUpgraded { return }
    if server.observer != nil { lifecycle.reports.add(record(of: exchange, cut: false)) }
  }
}
