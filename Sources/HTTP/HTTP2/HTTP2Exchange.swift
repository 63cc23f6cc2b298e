// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// An exchange over one HTTP/2 stream.
final class HTTP2Exchange: ConnectionExchange {
  private enum State { case unanswered, streaming, ended }

  let stream: Int32
  private(set) var request: Request
  var kind = RequestKind.other
  var viewer: UInt64 = 0
  var onGone: (() -> Void)?
  /// nil after the HTTP/2 stream is closed.
  var connection: HTTP2Connection?
  /// Bytes of the response that wait for the client's window.
  private(set) var pending = SliceQueue()
  private(set) var status = 0
  private(set) var bytesSent = 0
  let asked: MonotonicTime
  private(set) var begun: MonotonicTime?
  var ticket: AddressTable.Ticket?
  /// How fast pending bytes leave.
  private(set) var pace = ThroughputMeter(now: .origin)
  /// The request's body; nil if the request has none, or the body has ended or is dropped.
  var body: HTTP2Body?
  /// Whether the client has not ended its side of the HTTP/2 stream.
  var isInputOpen: Bool
  /// Whether `100 (Continue)` is submitted and not sent.
  private var isAskingForBody = false
  private var state = State.unanswered
  /// Whether the routes need no more than a reduced request.
  private var isRouted = false
  /// The fields of the response, which the library uses until they are sent.
  private var fields: FieldBlock?
  /// Continues a body when the kernel has taken the bytes written so far.
  private var resume: (() -> Void)?
  /// Whether the library waits for `resume`.
  var isDeferred = false
  /// Whether a WebSocket was begun, which reports the exchange at its end.
  private(set) var isUpgraded = false
  /// The bytes of both directions after an upgrade; nil after the end of the WebSocket.
  private(set) var tunnel: HTTP2Tunnel?
  /// The WebSocket of `tunnel`.
  private(set) var socket: WebSocketConnection?

  init(_ request: Request, stream: Int32, hasBody: Bool, _ connection: HTTP2Connection) {
    self.request = request
    self.stream = stream
    isInputOpen = hasBody
    body = hasBody ? HTTP2Body() : nil
    self.connection = connection
    asked = connection.now
  }

  var isAnswered: Bool { state != .unanswered }

  var isEnded: Bool { state == .ended }

  /// RFC 9113 §8.1: the end of the HTTP/2 stream is the end of the body.
  var canStream: Bool { true }

  var queuedBytes: Int { pending.byteCount + (connection?.queuedBytes ?? 0) }

  var roundTrip: Interval? { connection?.stream.roundTrip }

  var connectionStream: (any ByteStream)? { connection?.stream }

  func takePathPrefix() -> String? { request.takePathPrefix() }

  func receiveBody(limit: Int?, _ receiver: any BodyReceiver) {
    guard state == .unanswered else { return }
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
    guard state == .unanswered, let connection else { return }
    let response = response.conditional(request)
    state = .ended
    onGone = nil
    fields = response.block
    status = response.status
    if request.method != .head { pending.append(contentsOf: response.body) }
    connection.dropBody(of: self)
    begun = connection.now
    pace.restart(now: connection.now)
    connection.begin(self, response, withLength: true, extra: extra, hasBody: !pending.isEmpty)
    reduceToRecord()
  }

  func begin(_ head: PreparedResponse, extra: [HeaderField]) {
    guard state == .unanswered, let connection else { return }
    // The response to HEAD is complete with its fields.
    state = request.method == .head ? .ended : .streaming
    if state == .ended { onGone = nil }
    fields = head.block
    status = head.status
    if state == .streaming { pending.append(contentsOf: head.body) }
    begun = connection.now
    pace.restart(now: connection.now)
    connection.begin(self, head, withLength: false, extra: extra, hasBody: state == .streaming)
    reduceToRecord()
  }

  func write(_ bytes: SharedBytes) {
    guard state == .streaming, bytes.count > 0, let connection else { return }
    guard pending.byteCount <= connection.server.limits.queuedBytes else {
      return connection.reset(self, .slowReader(.slow))
    }
    if pending.isEmpty { pace.restart(now: connection.now) }
    pending.append(ByteSlice(bytes))
    connection.continueBody(of: self)
  }

  func end(with rest: [SharedBytes]) {
    guard state == .streaming, let connection else { return }
    state = .ended
    onGone = nil
    resume = nil
    if pending.isEmpty { pace.restart(now: connection.now) }
    for bytes in rest { pending.append(ByteSlice(bytes)) }
    connection.dropBody(of: self)
    connection.continueBody(of: self)
  }

  func abort() { connection?.reset(self, .routeGaveUp) }

  func whenTaken(backlog: Int, _ resume: @escaping () -> Void) {
    guard state == .streaming, let connection else { return }
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
    guard state == .unanswered, request.connectProtocol == .webSocket, isInputOpen, let connection
    else { return nil }
    let early = connection.takeUnread(of: self)
    let tunnel = HTTP2Tunnel(self, connection.stream)
    let socket = WebSocketConnection(tunnel, connection.server, self, limits, handler)
    (isUpgraded, self.tunnel, self.socket) = (true, tunnel, socket)
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
    guard state == .streaming, let connection else { return }
    state = .ended
    connection.continueBody(of: self)
  }

  /// Forgets the WebSocket, which has ended.
  func releaseSocket() { (tunnel, socket, onGone) = (nil, nil, nil) }

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

  /// Moves `count` bytes of the body to the output.
  func move(_ count: Int, to output: GatheredOutput, least: Int, now: MonotonicTime) {
    pending.removeFirst(count) { output.append($0) }
    if let tunnel, let connection {
      // bounded: bytes of one connection
      tunnel.moved(count, end: connection.writtenBytes + output.byteCount)
    }
    bytesSent += count
    pace.move(count, least: least, now: now)
  }

  /// Counts the frame of the fields; the library no longer uses their bytes.
  func headSent(_ count: Int) {
    bytesSent += count
    if isAskingForBody { isAskingForBody = false } else { fields = nil }
  }

  /// Notes the end of the response, in case the client still sends.
  func answerSent(now: MonotonicTime) { pace.restart(now: now) }

  /// Releases the connection, and discards the bytes that are not sent.
  func release() {
    tunnel?.noteLoss()
    connection = nil
    ticket = nil
    resume = nil
    pending.removeAll()
  }
}
