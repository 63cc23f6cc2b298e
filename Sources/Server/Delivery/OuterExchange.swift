// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import Time

/// An exchange that passes all calls on to another one, unless it has its own.
protocol OuterExchange: Exchange {
  /// The exchange within.
  var inner: any Exchange { get }
}

extension OuterExchange {
  var request: Request { inner.request }
  var kind: RequestKind {
    get { inner.kind }
    set { inner.kind = newValue }
  }
  var viewer: UInt64 {
    get { inner.viewer }
    set { inner.viewer = newValue }
  }
  var roundTrip: Interval? { inner.roundTrip }
  var connectionStream: (any ByteStream)? { inner.connectionStream }
  var isBodyPaused: Bool {
    get { inner.isBodyPaused }
    set { inner.isBodyPaused = newValue }
  }
  var canStream: Bool { inner.canStream }
  var queuedBytes: Int { inner.queuedBytes }
  var onGone: (() -> Void)? {
    get { inner.onGone }
    set { inner.onGone = newValue }
  }

  func takePathPrefix() -> String? { inner.takePathPrefix() }

  func receiveBody(limit: Int?, _ receiver: any BodyReceiver) {
    inner.receiveBody(limit: limit, receiver)
  }

  func respond(_ response: PreparedResponse, extra: [HeaderField]) {
    inner.respond(response, extra: extra)
  }

  func begin(_ head: PreparedResponse, extra: [HeaderField]) { inner.begin(head, extra: extra) }

  func write(_ bytes: SharedBytes) { inner.write(bytes) }

  func end(with rest: [SharedBytes]) { inner.end(with: rest) }

  func whenTaken(backlog: Int, _ resume: @escaping () -> Void) {
    inner.whenTaken(backlog: backlog, resume)
  }

  func abort() { inner.abort() }

  func upgrade(
    _ fields: [HeaderField], _ limits: WebSocketLimits, to handler: any WebSocketHandler
  ) -> WebSocketConnection? { inner.upgrade(fields, limits, to: handler) }
}
