// SPDX-License-Identifier: Apache-2.0

import CNghttp2
import Net
import Sharing

/// One HTTP/2 connection: streams in, answers out by their priority.
///
/// Frames are made when the kernel takes them, and leave once a turn; until then bodies are shared
/// slices.
final class HTTP2Connection: ByteStreamOwner, ServedConnection {
  enum Phase: UInt8 {
    /// Requests are taken.
    case open
    /// No more will be taken; the peer was told, the last ones may still come.
    case announced
    /// No more are taken; the open ones are answered.
    case last
    /// Everything is sent and our end is closed; what still comes is dropped.
    case lingering
    case closed
  }

  /// Why a stream is reset.
  enum ResetReason {
    /// The route cannot go on: nobody takes a short body for a whole one.
    case routeGaveUp
    /// The peer reads too slowly, or not at all.
    case slowReader(ConnectionFault)

    var code: nghttp2_error_code {
      switch self {
      case .routeGaveUp: NGHTTP2_INTERNAL_ERROR
      case .slowReader: NGHTTP2_ENHANCE_YOUR_CALM
      }
    }
  }

  let server: HTTPServer
  var index = -1
  let stream: any ByteStream
  let refusal: Refusal?
  var session: HTTP2Session?
  var phase = Phase.open
  var exchanges: [Int32: HTTP2Exchange] = [:]
  /// Those of them that are not answered.
  var unansweredCount = 0
  /// Those that were reset: the session may still point at their fields until the stream is closed.
  var retired: [Int32: HTTP2Exchange] = [:]
  var incoming: HTTP2RequestHead?
  var budget: FrameBudget
  var reports = FlushReports()
  private var isInSession = false
  private var isFlushing = false
  private var hasInputEnded = false
  /// When the connection became idle, when the end was announced, or the end of lingering.
  private var since: Int64

  /// Takes over the stream; nil without memory.
  init?(_ stream: any ByteStream, _ server: HTTPServer, refusal: Refusal? = nil) {
    self.stream = stream
    self.server = server
    self.refusal = refusal
    since = server.loop.now
    budget = FrameBudget(now: since)
    guard let session = HTTP2Session(self, limits: server.limits) else { return nil }
    self.session = session
    stream.owner = self
  }

  var peer: PeerAddress { stream.peer }

  var queuedBytes: Int { stream.queuedBytes }

  var now: Int64 { server.loop.now }

  // MARK: Bytes

  func received(_ bytes: borrowing Span<UInt8>) {
    guard phase.rawValue < Phase.lingering.rawValue, let session else { return }
    isInSession = true
    let code = session.receive(bytes)
    isInSession = false
    if code != 0 { return fail(code, session.fault) }
    flush()
  }

  func drained() {
    reports.tell(server, lost: 0)
    flush()
  }

  /// Has frames made at the end of the turn; many calls before it make one.
  func flushLater() {
    guard !isFlushing, !isInSession else { return }
    isFlushing = true
    server.loop.later {
      self.isFlushing = false
      self.flush()
    }
  }

  /// Makes frames and writes them, as long as the kernel takes all.
  private func flush() {
    guard phase.rawValue < Phase.lingering.rawValue, let session else { return }
    while stream.queuedBytes == 0, session.wantsWrite {
      isInSession = true
      let code = session.send()
      isInSession = false
      let isEmpty = output.byteCount == 0
      output.move(to: &server.batch)
      stream.write(server.batch)
      server.batch.removeAll(keepingCapacity: true)
      if code != 0 { return fail(code, session.fault) }
      if isEmpty { break }
    }
    if stream.queuedBytes == 0 { reports.tell(server, lost: 0) }
    guard stream.queuedBytes == 0 else { return }
    if !session.isAlive || hasInputEnded && exchanges.isEmpty { finish() }
  }

  // MARK: Answers

  /// Begins the answer of an exchange.
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

  /// Goes on with a body that has more, or has ended.
  func continued(_ exchange: HTTP2Exchange) {
    guard let session, exchanges[exchange.stream] === exchange else { return }
    if exchange.pending.byteCount > server.limits.queuedBytes {
      return reset(exchange, .slowReader(.slow))
    }
    if exchange.isDeferred {
      exchange.isDeferred = false
      session.resume(exchange.stream)
    }
    flushLater()
  }

  /// Ends an exchange with RST_STREAM; the others go on.
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
    if !exchange.isAnswered { unansweredCount -= 1 }
    exchange.connection = nil
    exchange.dropPending()
    loseBody(of: exchange)
    if exchanges.isEmpty { since = now }
  }

  func tellGone(_ lost: [HTTP2Exchange]) {
    for exchange in lost {
      server.observer?.finished(record(of: exchange, cut: true))
      let onGone = exchange.onGone
      exchange.onGone = nil
      onGone?()
    }
  }

  func record(of exchange: HTTP2Exchange, cut: Bool) -> ExchangeRecord {
    ExchangeRecord(
      request: exchange.request, peer: peer, kind: exchange.kind, status: exchange.status,
      bytesSent: exchange.bytesSent, cut: cut, asked: exchange.asked, begun: exchange.begun,
      ended: now)
  }

  // MARK: The end

  /// Ends what cannot go on, and says why: GOAWAY, then our end.
  private func fail(_ code: Int32, _ found: ConnectionFault?) {
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
    goAway(reason, fault)
  }

  private func goAway(_ reason: nghttp2_error_code, _ fault: ConnectionFault) {
    guard phase.rawValue < Phase.lingering.rawValue, let session else { return }
    server.observer?.faulted(fault)
    // By hand, since the session may be past sending anything. RFC 9113 §6.8.
    let last = UInt32(bitPattern: session.lastStream)
    var frame: [UInt8] = [0, 0, 8, UInt8(NGHTTP2_GOAWAY.rawValue), 0, 0, 0, 0, 0]
    for word in [last, reason.rawValue] {
      frame += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
    let lost = takeExchanges()
    phase = .last
    stream.write([ByteSlice(SharedBytes(frame))])
    finish()
    tellGone(lost)
  }

  /// Closes our end once everything is sent, then waits for the client to close its own.
  private func finish() {
    let lost = takeExchanges()
    if stream.queuedBytes > 0 || hasInputEnded {
      close()
    } else {
      phase = .lingering
      since = now + server.limits.lingerTime
      stream.finishWriting()
      stream.isReading = true
    }
    tellGone(lost)
  }

  func inputEnded() {
    hasInputEnded = true
    guard phase.rawValue < Phase.lingering.rawValue, let session else { return close() }
    // Nobody waits for an answer that has not begun; what has ended may still be read.
    let lost = exchanges.values.filter { !$0.isEnded }
    for exchange in lost { drop(exchange, session, NGHTTP2_CANCEL) }
    tellGone(lost)
    if exchanges.isEmpty, stream.queuedBytes == 0 { close() }
  }

  func failed() { lose() }

  private func close() {
    stream.close()
    lose()
  }

  private func lose() {
    guard phase != .closed else { return }
    phase = .closed
    session = nil
    server.remove(self)
    reports.tell(server, lost: .max)
    tellGone(takeExchanges())
  }

  /// Cuts the connection at once; whoever is concerned is told at the end of the turn.
  private func cut() {
    guard phase != .closed else { return }
    let lostBytes = stream.queuedBytes
    phase = .closed
    stream.abort()
    session = nil
    server.remove(self)
    let lost = takeExchanges()
    server.loop.later {
      self.reports.tell(self.server, lost: lostBytes)
      self.tellGone(lost)
    }
  }

  private func takeExchanges() -> [HTTP2Exchange] {
    let taken = Array(exchanges.values)
    exchanges = [:]
    unansweredCount = 0
    for exchange in taken {
      exchange.connection = nil
      loseBody(of: exchange)
    }
    return taken
  }

  // MARK: What the server asks for

  func drain() {
    guard phase == .open, let session else { return }
    if exchanges.isEmpty {
      phase = .last
      session.end()
    } else {
      // Requests may be on their way: they are taken until the peer has had time to hear of it.
      phase = .announced
      since = now
      session.announceEnd()
    }
    flushLater()
  }

  func check(_ now: Int64) {
    let limits = server.limits
    if phase == .lingering {
      if now >= since { close() }
      return
    }
    guard phase != .closed else { return }
    if phase == .announced, now > since {
      phase = .last
      session?.end()
      flush()
      if phase != .last { return }
    }
    if stream.queuedBytes > 0 {
      guard now - stream.lastProgress >= limits.stallTime else { return }
      server.observer?.faulted(.stalled)
      return cut()
    }
    if let incoming, now - incoming.since >= limits.headTime {
      return goAway(NGHTTP2_ENHANCE_YOUR_CALM, .headTime)
    }
    if exchanges.isEmpty, phase == .open, now - since >= limits.idleTime {
      phase = .last
      session?.end()
      return flush()
    }
    checkBodies(now)
    checkWindows(now)
  }

  /// Resets streams for whose answers the peer opens no window, or a tiny one now and then.
  private func checkWindows(_ now: Int64) {
    let stalled = exchanges.values.filter { exchange in
      !exchange.pending.isEmpty && now - exchange.pace.since >= server.limits.stallTime
        && session?.isBlocked(exchange.stream) == true
    }
    for exchange in stalled { reset(exchange, .slowReader(.stalled)) }
  }
}
