// SPDX-License-Identifier: Apache-2.0

import CNghttp2
import Checked
import Net
import Sharing
import Time

/// One HTTP/2 connection: takes requests and sends responses by their priority.
///
/// Frames are written when the kernel takes them, once per iteration of the loop; until then the
/// bodies of responses are shared slices.
final class HTTP2Connection: HTTPConnection {
  /// Why an HTTP/2 stream is reset.
  enum ResetReason {
    /// The route cannot complete the body, and a truncated body must not look complete.
    case routeGaveUp
    /// The client reads too slowly, or not at all.
    case slowReader(ConnectionFault)
    /// A WebSocket ends without a closing handshake; RFC 8441 §5: "RST exceptions are represented
    /// with the RST_STREAM frame … with a CANCEL error code".
    case socketEnded

    var code: nghttp2_error_code {
      switch self {
      case .routeGaveUp: NGHTTP2_INTERNAL_ERROR
      case .slowReader: NGHTTP2_ENHANCE_YOUR_CALM
      case .socketEnded: NGHTTP2_CANCEL
      }
    }
  }

  let server: HTTPServer
  var index = -1
  let stream: any ByteStream
  var lifecycle: ConnectionLifecycle
  let refusal: Refusal?
  /// nil after the end of the connection.
  private(set) var session: HTTP2Session?
  /// Open exchanges by the number of their HTTP/2 stream.
  private(set) var exchanges = HTTP2ExchangeTable()
  /// The number of exchanges without a response.
  private(set) var unansweredCount = 0
  /// Exchanges that were reset: the session may use their fields until the HTTP/2 stream is closed.
  var retired = HTTP2ExchangeTable()
  /// The field section that is being received.
  var incoming: HTTP2RequestHead?
  var budget: FloodBudget
  /// The numbers of the HTTP/2 streams so far.
  var numbers = StreamNumbers()
  /// Bytes that were given to the stream.
  private(set) var writtenBytes = 0
  private var isInSession = false
  /// The requests that were taken at once.
  var takenCount = 0
  /// Bytes that wait for the next iteration of the loop, since many requests precede them.
  private var leftover: [UInt8] = []
  private var isFlushing = false

  /// Takes ownership of the stream; nil without memory.
  init?(_ stream: any ByteStream, _ server: HTTPServer, refusal: Refusal? = nil) {
    self.stream = stream
    self.server = server
    self.refusal = refusal
    lifecycle = ConnectionLifecycle(isHTTP2: true, now: server.loop.now)
    budget = FloodBudget(now: server.loop.now)
    guard let session = HTTP2Session(self, limits: server.limits) else { return nil }
    self.session = session
    stream.owner = self
  }

  var queuedBytes: Int { stream.queuedBytes }

  var now: MonotonicTime { server.loop.now }

  var load: ConnectionLifecycle.Load {
    ConnectionLifecycle.Load(
      queuedBytes: stream.queuedBytes, lastProgress: stream.lastProgress,
      isIdle: exchanges.isEmpty, headSince: incoming?.since)
  }

  // MARK: Bytes

  func received(_ bytes: borrowing Span<UInt8>) {
    guard lifecycle.isServing, let session else { return }
    takenCount = 0
    isInSession = true
    let (code, count) = session.receive(bytes)
    isInSession = false
    if code != 0 { return fail(code, session.fault) }
    if isTurnOver { yield(bytes.extracting(count..<bytes.count)) }
    flush()
  }

  /// Takes the next requests in the next iteration of the loop.
  private func yield(_ bytes: borrowing Span<UInt8>) {
    leftover = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    stream.isReading = false
    // The bytes before the client's FIN are processed.
    stream.noticesEnd = false
    server.loop.next {
      let bytes = self.leftover
      self.leftover = []
      guard self.lifecycle.isServing else { return }
      self.stream.isReading = true
      self.stream.noticesEnd = true
      self.received(bytes.span)
    }
  }

  func drained() {
    tellFlushed(lost: 0)
    flush()
  }

  /// Writes frames at the end of the iteration, once for all calls.
  func flushLater() {
    guard !isFlushing, !isInSession else { return }
    isFlushing = true
    server.loop.later {
      self.isFlushing = false
      self.flush()
    }
  }

  /// Writes frames until bytes remain that the kernel has not taken.
  private func flush() {
    guard lifecycle.isServing, let session else { return }
    let code = writeFrames(session)
    if code != 0 { return fail(code, session.fault) }
    guard stream.queuedBytes == 0 else { return }
    tellFlushed(lost: 0)
    for exchange in exchanges.values {
      exchange.tunnel?.checkDrained()
      exchange.taken()
    }
    if !session.isAlive || lifecycle.isInputEnded && exchanges.isEmpty { finish() }
  }

  /// Writes frames until bytes remain that the kernel has not taken.
  ///
  /// - Returns: 0, or an error code.
  private func writeFrames(_ session: HTTP2Session) -> Int32 {
    while stream.queuedBytes == 0, session.wantsWrite {
      isInSession = true
      let code = session.send()
      isInSession = false
      let count = output.byteCount
      // bounded: bytes of one connection
      writtenBytes += count
      output.write(to: stream, server.batch)
      if code != 0 || count == 0 { return code }
    }
    return 0
  }

  /// Writes the bytes of a WebSocket at once, unless frames are being received: a frame of video
  /// does not wait for the end of the iteration, nor the next one for the report that it was sent.
  func continueTunnel(_ exchange: HTTP2Exchange) {
    guard let session, exchanges[exchange.stream] === exchange else { return }
    if exchange.isDeferred {
      exchange.isDeferred = false
      session.resume(exchange.stream)
    }
    guard !isInSession, lifecycle.isServing else { return }
    let code = writeFrames(session)
    // The owners of streams are not called from here.
    if code != 0 { return server.loop.later { self.fail(code, session.fault) } }
    // What the kernel has not taken is continued by `drained`.
    if !lifecycle.reports.isEmpty || !session.isAlive || lifecycle.isInputEnded { flushLater() }
  }

  // MARK: Exchanges

  func add(_ exchange: HTTP2Exchange) {
    exchanges[exchange.stream] = exchange
    unansweredCount += 1
  }

  /// Begins the response of an exchange.
  func begin(
    _ exchange: HTTP2Exchange, _ response: PreparedResponse, withLength: Bool,
    extra: [HeaderField], hasBody: Bool
  ) {
    guard let session, exchanges[exchange.stream] === exchange else { return }
    unansweredCount -= 1
    if let priority = response.priority { session.prioritize(exchange.stream, priority) }
    session.respond(
      exchange.stream, response.block, withLength: withLength,
      more: extra.isEmpty ? nil : FieldBlock(status: nil, fields: extra), date: server.date,
      hasBody: hasBody)
    flushLater()
  }

  /// Continues a body that has more bytes or has ended.
  func continueBody(of exchange: HTTP2Exchange) {
    guard let session, exchanges[exchange.stream] === exchange else { return }
    if exchange.isDeferred {
      exchange.isDeferred = false
      session.resume(exchange.stream)
    }
    flushLater()
  }

  /// Ends an exchange with RST_STREAM; the others continue.
  func reset(_ exchange: HTTP2Exchange, _ reason: ResetReason) {
    guard let session, exchanges[exchange.stream] === exchange else { return }
    if case .slowReader(let fault) = reason { server.observer?.faulted(fault) }
    drop(exchange, session, reason.code)
    flushLater()
    server.loop.later { self.tellGone([exchange]) }
  }

  private func drop(
    _ exchange: HTTP2Exchange, _ session: HTTP2Session, _ code: nghttp2_error_code
  ) {
    forget(exchange)
    retired[exchange.stream] = exchange
    session.reset(exchange.stream, code)
  }

  func forget(_ exchange: HTTP2Exchange) {
    exchanges[exchange.stream] = nil
    if exchange.head.state == .unanswered { unansweredCount -= 1 }
    exchange.release()
    loseBody(of: exchange)
    if exchanges.isEmpty { lifecycle.becameIdle(now: now) }
  }

  // MARK: The end

  /// Ends a connection after an error of the session.
  private func fail(_ code: Int32, _ found: ConnectionFault?) {
    guard lifecycle.isServing else { return }
    var fault = found ?? .protocolError
    var reason = found == nil ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM
    if found == .protocolError { reason = NGHTTP2_PROTOCOL_ERROR }
    switch nghttp2_error(rawValue: code) {
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC, NGHTTP2_ERR_PROTO: reason = NGHTTP2_PROTOCOL_ERROR
    case NGHTTP2_ERR_FLOODED: (fault, reason) = (.pingFlood, NGHTTP2_ENHANCE_YOUR_CALM)
    case NGHTTP2_ERR_TOO_MANY_SETTINGS:
      (fault, reason) = (.settingsFlood, NGHTTP2_ENHANCE_YOUR_CALM)
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      (fault, reason) = (.continuationFlood, NGHTTP2_ENHANCE_YOUR_CALM)
    default: break
    }
    server.observer?.faulted(fault)
    goAway(reason)
  }

  /// Sends GOAWAY, then closes our end.
  private func goAway(_ reason: nghttp2_error_code) {
    guard lifecycle.isServing, let session else { return }
    // Built here, since the session may be unable to send. RFC 9113 §6.8.
    let last = UInt32(bitPattern: session.lastStream)
    var frame: [UInt8] = [0, 0, 8, UInt8(NGHTTP2_GOAWAY.rawValue), 0, 0, 0, 0, 0]
    frame += last.bigEndianBytes() + reason.rawValue.bigEndianBytes()
    lifecycle.stopRequests()
    let lost = takeExchanges()
    stream.write([ByteSlice(SharedBytes(frame))])
    if stream.queuedBytes > 0 { perform(lifecycle.close()) } else { finish() }
    tellGone(lost)
  }

  private func finish() {
    let lost = takeExchanges()
    perform(lifecycle.finish(now: now))
    tellGone(lost)
  }

  func inputEnded() {
    if lifecycle.isServing, let session {
      // Incomplete responses are dropped; complete responses may still be read by the client.
      let lost = exchanges.values.filter { !$0.isEnded }
      for exchange in lost { drop(exchange, session, NGHTTP2_CANCEL) }
      tellGone(lost)
    }
    perform(lifecycle.inputEnded(load))
  }

  func takeExchanges() -> [HTTP2Exchange] {
    if lifecycle.state == .closed { session = nil }
    let taken = exchanges.takeAll()
    unansweredCount = 0
    for exchange in taken {
      exchange.release()
      loseBody(of: exchange)
    }
    return taken
  }

  func announceEnd() {
    drainSockets()
    session?.announceEnd()
    flushLater()
  }

  func stopRequests() {
    drainSockets()
    session?.end()
    flushLater()
  }

  /// Begins the closing handshakes of the WebSockets.
  private func drainSockets() {
    for exchange in exchanges.values { exchange.socket?.drain() }
  }

  func refuseHead() { goAway(NGHTTP2_ENHANCE_YOUR_CALM) }

  func checkExchanges(_ now: MonotonicTime) {
    checkBodies(now)
    checkWindows(now)
    for exchange in exchanges.values { exchange.socket?.check(now) }
  }
}
