// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing

/// An exchange over one stream of an HTTP/2 connection.
final class HTTP2Exchange: Exchange {
  private enum Stage { case unanswered, streaming, ended }

  let stream: Int32
  private(set) var request: Request
  var kind = RequestKind.other
  var onGone: (() -> Void)?
  /// Let go of when the stream is closed.
  var connection: HTTP2Connection?
  /// What waits for the peer's window.
  private(set) var pending = PendingBody()
  private(set) var status = 0
  private(set) var bytesSent = 0
  /// Monotonic nanoseconds at which it was taken, and at which its answer began (0: not yet).
  let asked: Int64
  private(set) var begun: Int64 = 0
  /// How fast pending bytes go.
  private(set) var pace = ThroughputGuard(now: 0)
  /// What comes of the request's body; nil if there is none, or it is over or not wanted any more.
  var body: HTTP2Body?
  /// Whether the client still sends.
  var isInputOpen: Bool
  /// Whether `100 (Continue)` is on its way.
  private var isAskingForBody = false
  private var stage = Stage.unanswered
  /// The response whose fields the library points at until they are sent.
  private var response: PreparedResponse?
  /// Whether the library waits for `resume`.
  var isDeferred = false

  init(_ request: Request, stream: Int32, hasBody: Bool, _ connection: HTTP2Connection) {
    self.request = request
    self.stream = stream
    isInputOpen = hasBody
    body = hasBody ? HTTP2Body() : nil
    self.connection = connection
    asked = connection.now
  }

  var isAnswered: Bool { stage != .unanswered }

  var isEnded: Bool { stage == .ended }

  /// RFC 9113 §8.1: the end of the stream is the end of the body.
  var canStream: Bool { true }

  var queuedBytes: Int { pending.byteCount + (connection?.queuedBytes ?? 0) }

  func receiveBody(limit: Int?, _ receiver: any BodyReceiver) {
    guard stage == .unanswered else { return }
    connection?.receiveBody(of: self, limit: limit, receiver)
  }

  var isBodyPaused: Bool {
    get { body?.intake?.isPaused ?? false }
    set { connection?.pauseBody(of: self, newValue) }
  }

  /// Asks for the body, if the client waits for that.
  func askForBody(_ session: HTTP2Session) {
    guard request.expectsContinue else { return }
    isAskingForBody = true
    session.askForBody(stream)
  }

  func respond(_ response: PreparedResponse, extra: [HeaderField]) {
    guard stage == .unanswered, let connection else { return }
    let response = response.conditional(request)
    stage = .ended
    onGone = nil
    self.response = response
    status = response.status
    if request.method != .head { pending.append(contentsOf: response.body) }
    connection.dropBody(of: self)
    begun = connection.now
    pace.restart(now: begun)
    connection.begin(self, response, withLength: true, extra: extra, hasBody: !pending.isEmpty)
  }

  func begin(_ head: PreparedResponse, extra: [HeaderField]) {
    guard stage == .unanswered, let connection else { return }
    // The answer to HEAD is whole with its fields.
    stage = request.method == .head ? .ended : .streaming
    if stage == .ended { onGone = nil }
    response = head
    status = head.status
    if stage == .streaming { pending.append(contentsOf: head.body) }
    begun = connection.now
    pace.restart(now: begun)
    connection.begin(self, head, withLength: false, extra: extra, hasBody: stage == .streaming)
  }

  func write(_ bytes: SharedBytes) {
    guard stage == .streaming, bytes.count > 0, let connection else { return }
    if pending.isEmpty { pace.restart(now: connection.now) }
    pending.append(ByteSlice(bytes))
    connection.continued(self)
  }

  func end() {
    guard stage == .streaming, let connection else { return }
    stage = .ended
    onGone = nil
    connection.dropBody(of: self)
    connection.continued(self)
  }

  func abort() { connection?.reset(self, .routeGaveUp) }

  /// Keeps of the request only what an answer that comes later may depend on.
  func wasRouted() {
    if stage == .unanswered, request.isLarge, request.framing == .none { request = request.shrunk }
  }

  /// Moves bytes of the body on.
  func move(_ count: Int, to output: HTTP2Output, least: Int, now: Int64) {
    pending.take(count) { output.append($0) }
    bytesSent += count
    pace.move(count, least: least, now: now)
  }

  /// Counts the frame of the fields, which the library needs no longer.
  func headSent(_ count: Int) {
    bytesSent += count
    if isAskingForBody { isAskingForBody = false } else { response = nil }
  }

  /// Notes when the client had the whole answer, if it goes on sending.
  func answerSent(now: Int64) { pace.restart(now: now) }

  /// Lets go of what is not sent.
  func dropPending() { pending.removeAll() }
}
