// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// An exchange over HTTP/1.1 or HTTP/1.0: converts its response to slices for its connection.
final class HTTP1Exchange: ConnectionExchange {
  private enum State { case unanswered, streaming, ended }
  private enum BodyForm { case chunked, untilClose, none }

  private(set) var request: Request
  var kind = RequestKind.other
  var viewer: UInt64 = 0
  var onGone: (() -> Void)?
  /// Whether the connection ends with this response.
  var closes: Bool
  /// nil after the response has ended or the client has disconnected.
  var connection: HTTP1Connection?
  /// Slices that wait for the responses to earlier requests of the connection.
  private var waiting: [ByteSlice] = []
  private(set) var waitingBytes = 0
  /// Continues a body when the kernel has taken the bytes written so far.
  private var resume: (() -> Void)?
  private(set) var status = 0
  private(set) var bytesSent = 0
  let asked: MonotonicTime
  private(set) var begun: MonotonicTime?
  var ticket: AddressTable.Ticket?
  private var state = State.unanswered
  /// Whether the routes need no more than a reduced request.
  private var isRouted = false
  private var bodyForm = BodyForm.none

  /// The connection forgets an upgraded exchange.
  let isUpgraded = false

  private static let continueHead = SharedBytes("HTTP/1.1 100 Continue\r\n\r\n")
  private static let chunkedLine = SharedBytes("Transfer-Encoding: chunked\r\n")
  private static let lineEnd = SharedBytes("\r\n")
  private static let lastChunk = SharedBytes("0\r\n\r\n")

  init(_ request: consuming Request, _ connection: HTTP1Connection, closes: Bool) {
    self.request = request
    self.connection = connection
    self.closes = closes
    asked = connection.server.loop.now
  }

  var isEnded: Bool { state == .ended }

  var hasBegun: Bool { state != .unanswered }

  var canStream: Bool { request.minorVersion > 0 }

  var queuedBytes: Int { connection?.queuedBytes(of: self) ?? 0 }

  /// The earliest deadline of past media among the waiting bytes; nil if there is none.
  var pastDeadline: MonotonicTime? { SliceQueue.pastDeadline(waiting) }

  var roundTrip: Interval? { connection?.stream.roundTrip }

  var connectionStream: (any ByteStream)? { connection?.stream }

  func takePathPrefix() -> String? { request.takePathPrefix() }

  func receiveBody(limit: Int?, _ receiver: any BodyReceiver) {
    guard state == .unanswered else { return }
    connection?.receiveBody(of: self, limit: limit, receiver)
  }

  var isBodyPaused: Bool {
    get { connection?.isBodyPaused(of: self) ?? false }
    set { connection?.pauseBody(of: self, newValue) }
  }

  /// Sends `100 (Continue)` if the client waits for it.
  func askForBody() {
    guard request.expectsContinue, let connection else { return }
    connection.server.batch.append(Self.continueHead)
    connection.send(self)
  }

  func respond(_ response: PreparedResponse, extra: [HeaderField]) {
    guard state == .unanswered, let connection else { return }
    let response = response.conditional(request)
    let server = connection.server
    state = .ended
    onGone = nil
    status = response.status
    begun = server.loop.now
    withExtendedLifetime(response) {
      server.batch.append(response.head)
      appendSuffix(extra, server)
      if request.method != .head { response.appendBody(to: server.batch) }
      connection.send(self)
    }
    reduceToRecord()
    connection.ended(self)
  }

  func begin(_ head: PreparedResponse, extra: [HeaderField]) {
    guard state == .unanswered, let connection else { return }
    let server = connection.server
    state = .streaming
    status = head.status
    begun = server.loop.now
    bodyForm = request.method == .head ? .none : canStream ? .chunked : .untilClose
    if !canStream { connection.stopRequests(after: self) }
    withExtendedLifetime(head) {
      server.batch.append(ByteSlice(head.head, 0..<head.lengthOffset))
      if canStream { server.batch.append(Self.chunkedLine) }
      appendSuffix(extra, server)
      for (index, slice) in head.body.enumerated() {
        // A size line lives until the next one.
        if index > 0 { connection.send(self) }
        appendChunk(slice, server)
      }
      connection.send(self)
    }
    reduceToRecord()
  }

  func write(_ bytes: SharedBytes) {
    guard state == .streaming, bytes.count > 0, let connection else { return }
    withExtendedLifetime(bytes) {
      appendChunk(ByteSlice(bytes), connection.server)
      connection.send(self)
    }
  }

  func end(with rest: [SharedBytes]) {
    guard state == .streaming, let connection else { return }
    state = .ended
    onGone = nil
    resume = nil
    withExtendedLifetime(rest) {
      appendEnd(rest, connection.server)
      if !connection.server.batch.isEmpty { connection.send(self) }
    }
    connection.ended(self)
  }

  func whenTaken(backlog: Int, _ resume: @escaping () -> Void) {
    guard state == .streaming, let connection else { return }
    guard backlog <= connection.server.limits.queuedBytes else {
      return connection.perform(connection.lifecycle.cut(.slow))
    }
    self.resume = resume
  }

  /// The kernel has taken the bytes written so far.
  func taken() { resume.take()?() }

  func upgrade(
    _ fields: [HeaderField], _ limits: WebSocketLimits, to handler: any WebSocketHandler
  ) -> WebSocketConnection? {
    guard state == .unanswered, let connection,
      let upgraded = connection.upgrade(self, limits, to: handler)
    else { return nil }
    state = .ended
    onGone = nil
    status = 101
    if request.isLargeForRecord { request = request.recorded }
    self.connection = nil
    upgraded.begin(PreparedResponse(status: 101, fields: fields))
    return upgraded
  }

  func abort() {
    connection?.cut()
  }

  /// Reduces a held request to the fields that its response may depend on, any other to its record.
  func wasRouted() {
    isRouted = true
    guard state == .unanswered else { return reduceToRecord() }
    guard request.isLarge, request.framing == .none || request.method.hasNoBody else { return }
    request = request.shrunk
    guard request.isTooLargeToHold else { return }
    let gone = onGone
    let line = "request too large to be held (at most \(Request.heldBytes) bytes)"
    respond(.text(431, line, fields: connection?.server.errorFields ?? []), extra: [])
    gone?()
  }

  /// Forgets those parts of the request that only its response needed.
  private func reduceToRecord() {
    if isRouted, request.isLargeForRecord { request = request.recorded }
  }

  /// Removes the waiting slices, to be sent because the exchange is now the first.
  func takeWaiting() -> [ByteSlice] {
    defer {
      waiting = []
      bytesSent += waitingBytes
      waitingBytes = 0
    }
    return waiting
  }

  /// Keeps the bytes of `batch` until the earlier responses have ended.
  func wait(_ batch: WriteBatch) {
    waitingBytes += batch.byteCount
    batch.takeRest { waiting.append($0) }
  }

  /// Releases the connection, which has ended, and discards the bytes that wait.
  func release() {
    connection = nil
    ticket = nil
    resume = nil
    waiting = []
    waitingBytes = 0
  }

  /// Counts bytes that are given to the stream.
  func sent(_ byteCount: Int) { bytesSent += byteCount }

  private func appendSuffix(_ extra: [HeaderField], _ server: HTTPServer) {
    if !extra.isEmpty { server.appendLines(extra, to: server.batch) }
    let persistence: HeadSuffix.Persistence = closes ? .closes : canStream ? .implied : .told
    server.appendSuffix(persistence, to: server.batch)
  }

  /// Appends the end of the body: the pieces `rest` as one HTTP chunk, and the last chunk.
  private func appendEnd(_ rest: [SharedBytes], _ server: HTTPServer) {
    guard bodyForm != .none else { return }
    let count = rest.reduce(0) { $0 + $1.count }
    if bodyForm == .chunked, count > 0 { server.appendSizeLine(count, to: server.batch) }
    for bytes in rest { server.batch.append(bytes) }
    guard bodyForm == .chunked else { return }
    if count > 0 { server.batch.append(Self.lineEnd) }
    server.batch.append(Self.lastChunk)
  }

  private func appendChunk(_ slice: ByteSlice, _ server: HTTPServer) {
    switch bodyForm {
    case .chunked:
      server.appendSizeLine(slice.count, to: server.batch)
      server.batch.append(slice)
      server.batch.append(Self.lineEnd)
    case .untilClose:
      server.batch.append(slice)
    case .none:
      break
    }
  }
}
