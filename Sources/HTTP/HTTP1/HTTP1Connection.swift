// SPDX-License-Identifier: Apache-2.0

import Net

/// One HTTP/1.1 connection: requests in, answers out in the order of the requests.
///
/// Holds no buffer of its own while it is idle or its requests are held.
final class HTTP1Connection: ByteStreamOwner, ServedConnection {
  enum Phase: UInt8 {
    /// Requests are taken.
    case open
    /// No more requests are taken; the open ones are answered.
    case last
    /// Everything is sent and our end is closed; what still comes is dropped.
    case lingering
    case closed
  }

  /// Let go of when the server forgets the connection.
  let server: HTTPServer
  /// Its place in the server's table.
  var index = -1
  let stream: any ByteStream
  private var parser: RequestHeadParser
  var phase = Phase.open
  private var isParsing = false
  private var hasInputEnded = false
  /// Unfinished exchanges, oldest first; only the first writes to the stream.
  private var exchanges = ExchangeLine()
  private var waitingBytes = 0
  /// What comes of the last request taken, if its body is not over.
  var body: HTTP1Body?
  /// Bytes read that follow the last request taken, while no more are taken.
  var leftover: [UInt8] = []
  /// Answers that have ended while some of them was still queued.
  private var reports = FlushReports()
  /// When the head that is not complete began; 0 outside of a head.
  private var headSince: Int64 = 0
  /// When the connection became idle, or the end of lingering.
  private var idleSince: Int64
  private var lingered: Int32 = 0
  /// Bytes that are read and dropped after the end; then the client has to wait.
  private static let lingerSize = 256 * 1024

  init(_ stream: any ByteStream, _ server: HTTPServer) {
    self.stream = stream
    self.server = server
    parser = RequestHeadParser(limits: server.limits.head)
    idleSince = server.loop.now
    stream.owner = self
  }

  var queuedBytes: Int { stream.queuedBytes + waitingBytes }

  var peer: PeerAddress { stream.peer }

  // MARK: Requests

  func received(_ bytes: borrowing Span<UInt8>) {
    switch phase {
    case .open: parse(bytes)
    case .last: if body == nil { stream.isReading = false } else { parse(bytes) }
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
    while position < bytes.count {
      if let body {
        guard body.isWanted else { return keep(bytes, from: position) }
        feed(body, bytes, &position)
        continue
      }
      guard phase == .open else { break }
      guard canTake else { return keep(bytes, from: position) }
      do {
        guard var request = try parser.next(bytes, &position, peer: stream.peer) else { break }
        headSince = 0
        request.isSecure = stream.isSecure
        take(request)
      } catch {
        refuse(error.status, error.description)
      }
    }
    if phase == .open, headSince == 0, parser.isInsideHead { headSince = server.loop.now }
  }

  /// Whether another request may be taken: not while many are unanswered or much is unsent.
  private var canTake: Bool {
    exchanges.count < server.limits.heldRequests
      && stream.queuedBytes <= server.limits.queuedBytes / 4
  }

  private func keep(_ bytes: borrowing Span<UInt8>, from position: Int) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      leftover = unsafe Array(buffer[position...])
    }
    stream.isReading = false
  }

  private func take(_ request: consuming Request) {
    // Until a body is over the answer ends the connection, so that a body is never read as a request.
    let closes = !request.keepAlive || request.framing != .none || server.isDraining
    let exchange = HTTP1Exchange(request, self, closes: closes)
    exchanges.append(exchange)
    if closes { phase = .last }
    body = HTTP1Body(exchange, limits: server.limits)
    server.handler.handle(exchange)
    exchange.wasRouted()
  }

  /// Answers with an error after the answers to earlier requests, and ends the connection.
  func refuse(_ status: Int, _ line: String, fields: [HeaderField] = []) {
    phase = .last
    headSince = 0
    leftover = []
    let exchange = HTTP1Exchange(.unknown, self, closes: true)
    exchange.kind = .refused
    exchanges.append(exchange)
    exchange.respond(.text(status, line, fields: server.errorFields + fields), extra: [])
  }

  /// Answers with why the whole connection is refused.
  func refuse(_ refusal: Refusal) {
    server.observer?.faulted(refusal.fault)
    refuse(refusal.status, refusal.line, fields: [Refusal.retryAfter])
  }

  /// Goes on with the requests that were not taken before.
  func resume() {
    guard mayGoOn, !isParsing, !stream.isReading else { return }
    let bytes = leftover
    leftover = []
    if !bytes.isEmpty { parse(bytes.span) }
    if mayGoOn, leftover.isEmpty { stream.isReading = true }
  }

  /// Whether bytes are wanted: of the body that comes, else of the next request.
  private var mayGoOn: Bool { body.map(\.isWanted) ?? (phase == .open && canTake) }

  // MARK: Answers

  /// Writes what `fill` appends at once if `exchange` is the first, else when it becomes the first.
  func send(_ exchange: HTTP1Exchange, _ fill: (inout [ByteSlice]) -> Void) {
    guard phase != .closed else { return }
    fill(&server.batch)
    let byteCount = server.batch.reduce(0) { $0 + $1.count }
    exchange.count(byteCount)
    if exchanges.first === exchange {
      stream.write(server.batch)
    } else {
      exchange.wait(server.batch, byteCount: byteCount)
      waitingBytes += byteCount
    }
    server.batch.removeAll(keepingCapacity: true)
    if queuedBytes > max(server.limits.queuedBytes, byteCount) {
      server.observer?.faulted(.slow)
      cut()
    }
  }

  /// Goes on after the end of an answer.
  func ended(_ exchange: HTTP1Exchange) {
    guard phase != .closed else { return }
    if body?.exchange === exchange { dropBody() }
    guard exchanges.first === exchange else { return }
    while let first = exchanges.first, first.isEnded {
      exchanges.removeFirst()
      first.connection = nil
      report(first)
      if first.closes {
        phase = .last
        dropRest()
      }
      if let next = exchanges.first {
        waitingBytes -= next.waitingBytes
        stream.write(next.takeWaiting())
      }
    }
    guard exchanges.isEmpty else { return resumeLater() }
    idleSince = server.loop.now
    if phase == .last { finish() } else { resumeLater() }
  }

  /// Takes no more requests: the connection ends with the answer of `exchange`.
  func takesNoMore(after exchange: HTTP1Exchange) {
    exchange.closes = true
    if phase == .open { phase = .last }
    leftover = []
  }

  private func resumeLater() {
    if mayGoOn, !stream.isReading, !isParsing { server.loop.later { self.resume() } }
  }

  /// The answers behind one that ends the connection are never given.
  private func dropRest() {
    guard !exchanges.isEmpty else { return }
    let lost = takeExchanges()
    server.loop.later { self.tellGone(lost) }
  }

  private func report(_ exchange: HTTP1Exchange) {
    guard let observer = server.observer else { return }
    let record = record(of: exchange, bytesSent: exchange.bytesSent, cut: false)
    if stream.queuedBytes > 0 { return reports.add(record) }
    reports.tell(server, lost: 0)
    observer.finished(record)
  }

  private func record(of exchange: HTTP1Exchange, bytesSent: Int, cut: Bool) -> ExchangeRecord {
    ExchangeRecord(
      request: exchange.request, peer: stream.peer, kind: exchange.kind, status: exchange.status,
      bytesSent: bytesSent, cut: cut, asked: exchange.asked, begun: exchange.begun,
      ended: server.loop.now)
  }

  func drained() {
    reports.tell(server, lost: 0)
    if phase == .last, exchanges.isEmpty { finish() }
    resume()
  }

  // MARK: The end

  /// Closes our end once everything is sent, then waits for the client to close its own.
  private func finish() {
    guard stream.queuedBytes == 0 else { return }
    if hasInputEnded { return close() }
    phase = .lingering
    idleSince = server.loop.now + server.limits.lingerTime
    stream.finishWriting()
    stream.isReading = true
  }

  func inputEnded() {
    hasInputEnded = true
    if phase == .closed { return }
    if phase != .lingering, exchanges.isEmpty, stream.queuedBytes > 0 {
      phase = .last
    } else {
      close()
    }
  }

  func failed() { lose() }

  /// Ends the connection; whoever still waits for an answer is told.
  private func close() {
    stream.close()
    lose()
  }

  private func lose() {
    guard phase != .closed else { return }
    phase = .closed
    server.remove(self)
    reports.tell(server, lost: .max)
    tellGone(takeExchanges())
  }

  /// Cuts the connection at once; whoever is concerned is told at the end of the turn.
  func cut() {
    guard phase != .closed else { return }
    let lost = stream.queuedBytes
    phase = .closed
    stream.abort()
    server.remove(self)
    let cut = takeExchanges()
    server.loop.later {
      self.reports.tell(self.server, lost: lost)
      self.tellGone(cut)
    }
  }

  private func takeExchanges() -> [HTTP1Exchange] {
    let taken = exchanges.takeAll()
    waitingBytes = 0
    for exchange in taken { exchange.connection = nil }
    if let receiver = body?.intake?.receiver { server.loop.later { receiver.failed(.gone) } }
    body = nil
    return taken
  }

  private func tellGone(_ lost: [HTTP1Exchange]) {
    for exchange in lost {
      server.observer?.finished(
        record(of: exchange, bytesSent: exchange.bytesSent - exchange.waitingBytes, cut: true))
      let onGone = exchange.onGone
      exchange.onGone = nil
      onGone?()
    }
  }

  // MARK: What the server asks for

  /// Answers what is open, then closes; an idle connection at once.
  func drain() {
    guard phase == .open else { return }
    leftover = []
    if let last = exchanges.last {
      takesNoMore(after: last)
    } else if stream.queuedBytes > 0 {
      phase = .last
    } else {
      close()
    }
  }

  /// Ends what takes too long.
  ///
  /// A held request has no deadline here.
  func check(_ now: Int64) {
    let limits = server.limits
    switch phase {
    case .lingering:
      if now >= idleSince { close() }
    case .open, .last:
      if stream.queuedBytes > 0 {
        if now - stream.lastProgress >= limits.stallTime {
          server.observer?.faulted(.stalled)
          cut()
        }
      } else if let body, let intake = body.intake {
        if let failure = intake.delay(now: now) { fail(body, failure) }
      } else if headSince != 0 {
        if now - headSince >= limits.headTime {
          server.observer?.faulted(.headTime)
          refuse(408, "no complete request head within \(limits.headTime / 1_000_000_000) s")
        }
      } else if exchanges.isEmpty, now - idleSince >= limits.idleTime {
        close()
      }
    case .closed:
      break
    }
  }
}
