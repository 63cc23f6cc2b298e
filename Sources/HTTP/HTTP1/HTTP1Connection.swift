// SPDX-License-Identifier: Apache-2.0

import Net
import Time

/// One HTTP/1.1 connection: takes requests and sends responses in the order of the requests.
///
/// Holds no buffer while it is idle or its requests are held. Longer than 300 lines since requests
/// and responses share one state.
final class HTTP1Connection: HTTPConnection {
  /// Bytes that are read and dropped after our end is closed; then the client has to wait.
  private static let lingerSize = 256 * 1024
  /// The requests that are taken at once; further ones wait for other connections and publications.
  private static let turnLength = 16

  let server: HTTPServer
  var index = -1
  let stream: any ByteStream
  var lifecycle: ConnectionLifecycle
  /// The body of the last request taken; nil after its end.
  var body: HTTP1Body?
  private var parser = RequestHeadParser()
  private var isParsing = false
  /// Exchanges that have not ended, oldest first; only the first writes to the stream.
  var exchanges = ExchangeQueue()
  /// Bytes of responses that wait for an earlier response.
  var waitingBytes = 0
  /// Bytes after the last request taken, while no more requests are taken.
  private var leftover: [UInt8] = []
  /// Whether further requests wait for the next iteration of the loop.
  private var isYielding = false
  /// When the incomplete head began; nil outside of a head.
  private var headSince: MonotonicTime?
  private var lingered: Int32 = 0
  /// The WebSocket that owns the stream now; gets the bytes after the request that began it.
  private var successor: WebSocketConnection?

  init(_ stream: any ByteStream, _ server: HTTPServer) {
    self.stream = stream
    self.server = server
    lifecycle = ConnectionLifecycle(isHTTP2: false, now: server.loop.now)
    stream.owner = self
  }

  var queuedBytes: Int { stream.queuedBytes + waitingBytes }

  /// The bytes up to the end of the written bytes of `exchange`; with those of later exchanges, if
  /// `exchange` waits for an earlier one.
  func queuedBytes(of exchange: HTTP1Exchange) -> Int {
    exchanges.first === exchange ? stream.queuedBytes : queuedBytes
  }

  var load: ConnectionLifecycle.Load {
    ConnectionLifecycle.Load(
      queuedBytes: stream.queuedBytes, lastProgress: stream.lastProgress,
      isIdle: exchanges.isEmpty, headSince: headSince)
  }

  // MARK: Requests

  func received(_ bytes: borrowing Span<UInt8>) {
    switch lifecycle.state {
    case .open, .announced: parse(bytes)
    case .draining: if body == nil { stream.isReading = false } else { parse(bytes) }
    case .lingering:
      lingered += Int32(clamping: bytes.count)
      if lingered > Self.lingerSize { stream.isReading = false }
    case .closed: break
    }
  }

  private func parse(_ bytes: borrowing Span<UInt8>) {
    isParsing = true
    defer { isParsing = false }
    var position = 0
    var taken = 0
    while position < bytes.count {
      if let body {
        guard body.isWanted else { return keep(bytes, from: position) }
        feed(body, bytes, &position)
        continue
      }
      guard lifecycle.state == .open else { break }
      guard canTake else { return keep(bytes, from: position) }
      guard taken < Self.turnLength else { return yield(bytes, from: position) }
      do {
        guard
          var request = try parser.next(bytes, &position, limits: server.limits.head, peer: peer)
        else { break }
        headSince = nil
        taken += 1
        try server.complete(&request, from: stream)
        take(consume request)
      } catch {
        refuse(error.status, error.description)
      }
    }
    if lifecycle.state == .open, headSince == nil, parser.isInsideHead {
      headSince = server.loop.now
    }
    if let successor {
      self.successor = nil
      successor.received(bytes.extracting(min(position, bytes.count)..<bytes.count))
    }
  }

  /// Hands the stream over to a WebSocket.
  ///
  /// - Returns: nil if another request is open, or the request has a body or ends the connection.
  func upgrade(
    _ exchange: HTTP1Exchange, _ limits: WebSocketLimits, to handler: any WebSocketHandler
  ) -> WebSocketConnection? {
    guard lifecycle.state == .open, exchanges.first === exchange, exchanges.count == 1,
      body == nil, leftover.isEmpty
    else { return nil }
    exchanges.removeFirst()
    _ = lifecycle.close()
    tellFlushed(lost: 0)
    let connection = WebSocketConnection(stream, server, exchange, limits, handler)
    server.replace(self, by: connection)
    if isParsing { successor = connection } else { stream.isReading = true }
    return connection
  }

  /// Whether another request may be taken: few are unanswered, and the kernel has taken the earlier
  /// responses, so that a client that does not read keeps one.
  private var canTake: Bool {
    exchanges.count < server.limits.heldRequests && stream.queuedBytes == 0
  }

  private func keep(_ bytes: borrowing Span<UInt8>, from position: Int) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      // bounded: the parsers end within the bytes
      leftover = unsafe Array(buffer[position...])
    }
    stream.isReading = false
  }

  /// Takes the next requests in the next iteration of the loop.
  private func yield(_ bytes: borrowing Span<UInt8>, from position: Int) {
    keep(bytes, from: position)
    isYielding = true
    // The requests before the client's FIN are answered.
    stream.noticesEnd = false
    server.loop.next {
      self.isYielding = false
      guard self.lifecycle.state != .closed else { return }
      self.stream.noticesEnd = true
      self.resume()
    }
  }

  private func take(_ request: consuming Request) {
    // Unless the body ends first, the response ends the connection: a body is never read as a
    // request.
    let hasBody = request.framing != .none
    let closes = !request.keepAlive || hasBody || server.isDraining
    let exchange = HTTP1Exchange(request, self, closes: closes)
    exchanges.append(exchange)
    if closes { lifecycle.stopRequests() }
    if hasBody { body = HTTP1Body(exchange, limits: server.limits) }
    if let refusal = server.refusal(of: exchange, from: stream) {
      server.observer?.faulted(refusal.fault)
      exchange.kind = .refused
      exchange.respond(server.response(refusal), extra: [])
    } else {
      server.handler.handle(exchange)
      exchange.wasRouted(server.errorFields)
    }
  }

  /// Answers with an error after the responses to earlier requests, and ends the connection.
  func refuse(_ status: Int, _ line: String, fields: [HeaderField] = []) {
    lifecycle.stopRequests()
    headSince = nil
    leftover = []
    let exchange = HTTP1Exchange(.unknown, self, closes: true)
    exchange.kind = .refused
    exchanges.append(exchange)
    exchange.respond(.text(status, line, fields: server.errorFields + fields), extra: [])
  }

  /// Refuses the whole connection.
  func refuse(_ refusal: Refusal) {
    server.observer?.faulted(refusal.fault)
    refuse(refusal.status, refusal.line, fields: [Refusal.retryAfter])
  }

  /// Continues with requests that were received but not taken.
  func resume() {
    guard mayRead, !isParsing, !stream.isReading else { return }
    let bytes = leftover
    leftover = []
    if !bytes.isEmpty { parse(bytes.span) }
    if mayRead, leftover.isEmpty { stream.isReading = true }
  }

  /// Whether further bytes may be read: of the current body, else of the next request.
  private var mayRead: Bool {
    body.map(\.isWanted) ?? (lifecycle.state == .open && canTake && !isYielding)
  }

  /// Continues with requests at the end of the iteration.
  func resumeLater() {
    if mayRead, !stream.isReading, !isParsing { server.loop.later { self.resume() } }
  }

  /// Stops reading a body.
  func dropBody() {
    body = nil
    leftover = []
    stream.noticesEnd = true
  }

  /// Takes no more requests: the connection ends with the response of `exchange`.
  func stopRequests(after exchange: HTTP1Exchange) {
    exchange.closes = true
    lifecycle.stopRequests()
    leftover = []
  }

  // MARK: The end

  func drained() {
    tellFlushed(lost: 0)
    if lifecycle.state == .draining, exchanges.isEmpty { finish() }
    resume()
    exchanges.first?.taken()
  }

  /// Ends a connection whose last response is sent.
  func finish() {
    guard stream.queuedBytes == 0 else { return }
    perform(lifecycle.finish(now: server.loop.now))
  }

  func inputEnded() { perform(lifecycle.inputEnded(load)) }

  func takeExchanges() -> [HTTP1Exchange] {
    let taken = exchanges.takeAll()
    waitingBytes = 0
    for exchange in taken { exchange.release() }
    if let receiver = body?.intake?.receiver { server.loop.later { receiver.failed(.gone) } }
    body = nil
    return taken
  }

  /// Does nothing: HTTP/1.1 announces the end only in the last response.
  func announceEnd() {}

  func stopRequests() {
    leftover = []
    exchanges.last?.closes = true
  }

  func refuseHead() {
    refuse(408, "no complete request head within \(server.limits.headTime.milliseconds / 1000) s")
  }

  func checkExchanges(_ now: MonotonicTime) {
    if let body, let failure = body.intake?.delay(now: now) { fail(body, failure) }
  }

  // MARK: Responses that keep media that has left its window

  func addPastDeadlines(to deadlines: inout [MonotonicTime]) {
    if let deadline = pastDeadline { deadlines.append(deadline) }
  }

  func cutPastMedia(until deadline: MonotonicTime, _ fault: ConnectionFault) {
    if let own = pastDeadline, own <= deadline { perform(lifecycle.cut(fault)) }
  }

  /// The earliest deadline of past media in responses; nil if they keep none.
  private var pastDeadline: MonotonicTime? {
    var earliest = stream.pastDeadline
    guard waitingBytes > 0 else { return earliest }
    for exchange in exchanges.all {
      guard let deadline = exchange.pastDeadline else { continue }
      earliest = min(earliest ?? deadline, deadline)
    }
    return earliest
  }
}
