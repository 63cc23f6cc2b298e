// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// An exchange over HTTP/1.1 or HTTP/1.0: converts its response to slices for its connection.
final class HTTP1Exchange: ConnectionExchange {
  private enum BodyForm {
    case chunked
    /// Its end is that of its length, or of the connection.
    case plain
    case none
  }

  var head: ExchangeHead
  /// Whether the connection ends with this response.
  var closes: Bool
  private var bodyForm = BodyForm.none
  /// The size of `waiting`; the connection is cut long before 4 GiB wait.
  private var waitingCount: UInt32 = 0
  /// nil after the response has ended or the client has disconnected.
  var connection: HTTP1Connection?
  /// Slices that wait for the responses to earlier requests of the connection.
  private var waiting: [ByteSlice] = []
  /// Continues a body when the kernel has taken the bytes written so far.
  private var resume: (() -> Void)?

  /// The connection forgets an upgraded exchange.
  var isUpgraded: Bool { false }
  var waitingBytes: Int { Int(waitingCount) }

  private static let continueHead = SharedBytes("HTTP/1.1 100 Continue\r\n\r\n")
  private static let chunkedLine = SharedBytes("Transfer-Encoding: chunked\r\n")
  private static let lineEnd = SharedBytes("\r\n")
  private static let lastChunk = SharedBytes("0\r\n\r\n")

  init(_ request: consuming Request, _ connection: HTTP1Connection, closes: Bool) {
    head = ExchangeHead(request, asked: connection.server.loop.now)
    self.connection = connection
    self.closes = closes
  }

  var canStream: Bool { request.minorVersion > 0 }

  var queuedBytes: Int { connection?.queuedBytes(of: self) ?? 0 }

  /// The earliest deadline of past media among the waiting bytes; nil if there is none.
  var pastDeadline: MonotonicTime? { SliceQueue.pastDeadline(waiting) }

  var roundTrip: Interval? { connection?.stream.roundTrip }

  func receiveBody(limit: Int?, _ receiver: any BodyReceiver) {
    guard head.state == .unanswered else { return }
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
    guard head.state == .unanswered, let connection else { return }
    let (server, stream) = (connection.server, connection.stream)
    let response = head.answer(with: response, now: server.loop.now)
    let isHead = head.request.method == .head
    let files = isHead ? nil : response.files
    if let files, !connection.takesFiles(of: self) { return write(files, of: response, extra) }
    head.end()
    withExtendedLifetime(response) {
      server.batch.append(response.head)
      appendSuffix(extra, server)
      if !isHead { response.appendBody(to: server.batch) }
      connection.send(self)
    }
    if let files { connection.send(files, of: self) }
    head.reduceToRecord()
    connection.ended(self)
    head.delivery.take()?.responded(response, over: stream, queued: queuedBytes)
  }

  /// Sends a response whose files have to be read, piece by piece.
  private func write(
    _ files: FileBytes, of response: PreparedResponse, _ extra: [HeaderField]
  ) {
    guard let connection else { return }
    let server = connection.server
    bodyForm = .plain
    withExtendedLifetime(response) {
      server.batch.append(response.head)
      appendSuffix(extra, server)
      response.appendBody(to: server.batch)
      connection.send(self)
    }
    head.reduceToRecord()
    head.delivery?.begin(over: connection.stream)
    head.files = FileBodyWriter(files, to: self, server.reads)
    head.files?.continueWhenTaken()
  }

  func begin(_ response: PreparedResponse, extra: [HeaderField]) {
    guard head.state == .unanswered, let connection else { return }
    let server = connection.server
    let response = head.begin(response, now: server.loop.now)
    bodyForm = request.method == .head ? .none : canStream ? .chunked : .plain
    if !canStream { connection.stopRequests(after: self) }
    withExtendedLifetime(response) {
      server.batch.append(ByteSlice(response.head, 0..<response.lengthOffset))
      if canStream { server.batch.append(Self.chunkedLine) }
      appendSuffix(extra, server)
      for (index, slice) in response.body.enumerated() {
        // A size line lives until the next one.
        if index > 0 { connection.send(self) }
        appendChunk(slice, server)
      }
      connection.send(self)
    }
    head.reduceToRecord()
    head.delivery?.begin(over: connection.stream)
  }

  func write(_ bytes: SharedBytes) {
    guard head.state == .streaming, bytes.count > 0, let connection else { return }
    withExtendedLifetime(bytes) {
      appendChunk(ByteSlice(bytes), connection.server)
      connection.send(self)
    }
    head.delivery?.wrote(bytes.count, queued: queuedBytes)
  }

  func end(with rest: [SharedBytes]) {
    guard head.state == .streaming, let connection else { return }
    head.end()
    resume = nil
    withExtendedLifetime(rest) {
      appendEnd(rest, connection.server)
      if !connection.server.batch.isEmpty { connection.send(self) }
    }
    connection.ended(self)
    head.delivery.take()?.end(with: rest, queued: queuedBytes)
  }

  func whenTaken(backlog: Int, _ resume: @escaping () -> Void) {
    guard head.state == .streaming, let connection else { return }
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
    guard head.state == .unanswered, let connection,
      let upgraded = connection.upgrade(self, limits, to: handler)
    else { return nil }
    head.upgraded()
    self.connection = nil
    upgraded.begin(PreparedResponse(status: 101, fields: fields))
    return upgraded
  }

  func abort() {
    connection?.cut()
    head.delivery.take()?.end(isCut: true, queued: 0)
  }

  /// Removes the waiting slices, to be sent because the exchange is now the first.
  func takeWaiting() -> [ByteSlice] {
    defer {
      waiting = []
      head.bytesSent += waitingBytes
      waitingCount = 0
    }
    return waiting
  }

  /// Keeps the bytes of `batch` until the earlier responses have ended.
  func wait(_ batch: WriteBatch) {
    waitingCount = UInt32(clamping: waitingBytes + batch.byteCount)  // bounded: sizes of buffers
    batch.takeRest { waiting.append($0) }
  }

  /// Releases the connection, which has ended, and discards the bytes that wait.
  func release() {
    connection = nil
    head.ticket = nil
    head.files = nil
    resume = nil
    waiting = []
    waitingCount = 0
  }

  /// Counts bytes that are given to the stream.
  func sent(_ byteCount: Int) { head.bytesSent += byteCount }

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
    case .plain:
      server.batch.append(slice)
    case .none:
      break
    }
  }
}
