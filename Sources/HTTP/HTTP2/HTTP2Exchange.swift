// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// An exchange over one HTTP/2 stream.
final class HTTP2Exchange: ConnectionExchange {
  var head: ExchangeHead
  /// Whether the client has not ended its side of the HTTP/2 stream.
  var isInputOpen: Bool
  /// Whether `100 (Continue)` is submitted and not sent.
  private var isAskingForBody = false
  /// Whether the library waits for `resume`.
  var isDeferred = false
  /// Whether a WebSocket was begun, which reports the exchange at its end.
  private(set) var isUpgraded = false
  let stream: Int32
  /// nil after the HTTP/2 stream is closed.
  var connection: HTTP2Connection?
  /// Bytes of the response that wait for the client's window.
  private(set) var pending = SliceQueue()
  /// How fast pending bytes leave.
  private(set) var pace = ThroughputMeter(now: .origin)
  /// The request's body; nil if the request has none, or the body has ended or is dropped.
  var body: HTTP2Body?
  /// The fields of the response, which the library uses until they are sent.
  private var fields: FieldBlock?
  /// Continues a body when the kernel has taken the bytes written so far.
  private var resume: (() -> Void)?
  /// The bytes of both directions after an upgrade; nil after the end of the WebSocket.
  private(set) var tunnel: HTTP2Tunnel?
  /// The WebSocket of `tunnel`.
  private(set) var socket: WebSocketConnection?

  init(_ request: Request, stream: Int32, hasBody: Bool, _ connection: HTTP2Connection) {
    head = ExchangeHead(request, asked: connection.now)
    self.stream = stream
    isInputOpen = hasBody
    body = hasBody ? HTTP2Body() : nil
    self.connection = connection
  }

  /// RFC 9113 §8.1: the end of the HTTP/2 stream is the end of the body.
  var canStream: Bool { true }

  var queuedBytes: Int { pending.byteCount + (connection?.queuedBytes ?? 0) }

  var roundTrip: Interval? { connection?.stream.roundTrip }

  func receiveBody(limit: Int?, _ receiver: any BodyReceiver) {
    guard head.state == .unanswered else { return }
    connection?.receiveBody(of: self, limit: limit, receiver)
  }

  var isBodyPaused: Bool {
    get { body?.intake?.isPaused ?? false }
    set { connection?.pauseBody(of: self, newValue) }
  }

  /// Sends `100 (Continue)` if the client waits for it.
  func askForBody(_ session: HTTP2Session) {
    guard request.expectsContinue else { return }
    isAskingForBody = true
    session.askForBody(stream)
  }

  func respond(_ response: PreparedResponse, extra: [HeaderField]) {
    guard head.state == .unanswered, let connection else { return }
    let stream = connection.stream
    let response = head.answer(with: response, now: connection.now)
    let isHead = head.request.method == .head
    let files = isHead ? nil : response.files
    if files == nil { head.end() }
    fields = response.block
    if !isHead { pending.append(contentsOf: response.body) }
    connection.dropBody(of: self)
    pace.restart(now: connection.now)
    connection.begin(
      self, response, withLength: true, extra: extra, hasBody: files != nil || !pending.isEmpty)
    head.reduceToRecord()
    if let files {
      head.delivery?.begin(over: stream)
      head.files = FileBodyWriter(files, to: self, connection.server.reads)
      head.files?.continueWhenTaken()
      return
    }
    head.delivery.take()?.responded(response, over: stream, queued: queuedBytes)
  }

  func begin(_ response: PreparedResponse, extra: [HeaderField]) {
    guard head.state == .unanswered, let connection else { return }
    let response = head.begin(response, now: connection.now)
    // The response to HEAD is complete with its fields.
    if request.method == .head { head.end() }
    fields = response.block
    let hasBody = head.state == .streaming
    if hasBody { pending.append(contentsOf: response.body) }
    pace.restart(now: connection.now)
    connection.begin(self, response, withLength: false, extra: extra, hasBody: hasBody)
    head.reduceToRecord()
    head.delivery?.begin(over: connection.stream)
  }

  func write(_ bytes: SharedBytes) {
    guard head.state == .streaming, bytes.count > 0, let connection else { return }
    guard pending.byteCount <= connection.server.limits.queuedBytes else {
      return connection.reset(self, .slowReader(.slow))
    }
    if pending.isEmpty { pace.restart(now: connection.now) }
    pending.append(ByteSlice(bytes))
    connection.continueBody(of: self)
    head.delivery?.wrote(bytes.count, queued: queuedBytes)
  }

  func end(with rest: [SharedBytes]) {
    guard head.state == .streaming, let connection else { return }
    head.end()
    resume = nil
    if pending.isEmpty { pace.restart(now: connection.now) }
    for bytes in rest { pending.append(ByteSlice(bytes)) }
    connection.dropBody(of: self)
    connection.continueBody(of: self)
    head.delivery.take()?.end(with: rest, queued: queuedBytes)
  }

  func abort() {
    connection?.reset(self, .routeGaveUp)
    head.delivery.take()?.end(isCut: true, queued: 0)
  }

  func whenTaken(backlog: Int, _ resume: @escaping () -> Void) {
    guard head.state == .streaming, let connection else { return }
    guard backlog <= connection.server.limits.queuedBytes else {
      return connection.reset(self, .slowReader(.slow))
    }
    self.resume = resume
  }

  /// The kernel has taken the bytes of the connection; continues the body if those of this exchange
  /// are among them.
  func taken() {
    if resume != nil, pending.isEmpty { resume.take()?() }
  }

  // MARK: WebSockets

  func upgrade(
    _ fields: [HeaderField], _ limits: WebSocketLimits, to handler: any WebSocketHandler
  ) -> WebSocketConnection? {
    guard head.state == .unanswered, request.connectProtocol == .webSocket, isInputOpen,
      let connection
    else { return nil }
    let early = connection.takeUnread(of: self)
    let tunnel = HTTP2Tunnel(self, connection.stream)
    let socket = WebSocketConnection(tunnel, connection.server, self, limits, handler)
    (isUpgraded, self.tunnel, self.socket) = (true, tunnel, socket)
    // The response to CONNECT has no media.
    head.isForOneViewer = false
    // RFC 8441 §5: "the server responds with a 2xx"; the lowest urgency number is sent first.
    let priority = HeaderField("Priority", "u=1, i")
    begin(PreparedResponse(status: 200, fields: fields + [priority]), extra: [])
    onGone = { tunnel.fail() }
    if !early.isEmpty { connection.server.loop.later { tunnel.receive(early.span) } }
    return socket
  }

  /// Queues bytes of the WebSocket.
  func append(_ slice: ByteSlice) {
    if pending.isEmpty, let connection { pace.restart(now: connection.now) }
    pending.append(slice)
  }

  /// Ends the server's side of the HTTP/2 stream; `onGone` stays, for the client's side.
  func endTunnel() {
    guard head.state == .streaming, let connection else { return }
    head.endTunnel()
    connection.continueBody(of: self)
  }

  /// Forgets the WebSocket, which has ended.
  func releaseSocket() { (tunnel, socket, onGone) = (nil, nil, nil) }

  /// Moves `count` bytes of the body to the output.
  func move(_ count: Int, to output: GatheredOutput, least: Int, now: MonotonicTime) {
    pending.removeFirst(count) { output.append($0) }
    if let tunnel, let connection {
      // bounded: bytes of one connection
      tunnel.moved(count, end: connection.writtenBytes + output.byteCount)
    }
    head.bytesSent += count
    pace.move(count, least: least, now: now)
  }

  /// Counts the frame of the fields; the library no longer uses their bytes.
  func headSent(_ count: Int) {
    head.bytesSent += count
    if isAskingForBody { isAskingForBody = false } else { fields = nil }
  }

  /// Notes the end of the response, in case the client still sends.
  func answerSent(now: MonotonicTime) { pace.restart(now: now) }

  /// Releases the connection, and discards the bytes that are not sent.
  func release() {
    tunnel?.noteLoss()
    connection = nil
    head.ticket = nil
    head.files = nil
    resume = nil
    pending.removeAll()
  }
}
