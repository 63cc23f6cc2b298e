// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import Time

/// An exchange whose response with media is measured; everything else is that of the exchange
/// within.
final class WatchedExchange: Exchange {
  /// The exchange within.
  let unwatched: any Exchange
  private let watch: DeliveryWatch
  private let delivery: Delivery

  init(_ exchange: any Exchange, _ watch: DeliveryWatch, _ delivery: Delivery) {
    unwatched = exchange
    self.watch = watch
    self.delivery = delivery
  }

  // MARK: Measured

  func respond(_ response: PreparedResponse, extra: [HeaderField]) {
    let stream = unwatched.connectionStream
    let response = response.conditional(request)
    unwatched.respond(response, extra: extra)
    // 200 or 206: errors are no media, and a 304 has none.
    guard response.status / 100 == 2 else { return }
    watch.begin(delivery, stream)
    watch.wrote(delivery, response.body.reduce(0) { $0 + $1.count })
    watch.end(delivery, isCut: stream == nil)
  }

  func begin(_ head: PreparedResponse, extra: [HeaderField]) {
    let stream = unwatched.connectionStream
    unwatched.begin(head, extra: extra)
    watch.begin(delivery, stream)
  }

  func write(_ bytes: SharedBytes) {
    unwatched.write(bytes)
    watch.wrote(delivery, bytes.count)
  }

  func end() {
    unwatched.end()
    watch.end(delivery, isCut: false)
  }

  func abort() {
    unwatched.abort()
    watch.end(delivery, isCut: true)
  }

  var onGone: (() -> Void)? {
    get { unwatched.onGone }
    set {
      guard let newValue else { return unwatched.onGone = nil }
      unwatched.onGone = { [watch, delivery] in
        watch.end(delivery, isCut: true)
        newValue()
      }
    }
  }

  // MARK: Of the exchange within

  var request: Request { unwatched.request }
  var kind: RequestKind {
    get { unwatched.kind }
    set { unwatched.kind = newValue }
  }
  var viewer: UInt64 {
    get { unwatched.viewer }
    set { unwatched.viewer = newValue }
  }
  var roundTrip: Interval? { unwatched.roundTrip }
  var connectionStream: (any ByteStream)? { unwatched.connectionStream }
  var isBodyPaused: Bool {
    get { unwatched.isBodyPaused }
    set { unwatched.isBodyPaused = newValue }
  }
  var canStream: Bool { unwatched.canStream }
  var queuedBytes: Int { unwatched.queuedBytes }

  func takePathPrefix() -> String? { unwatched.takePathPrefix() }

  func receiveBody(limit: Int?, _ receiver: any BodyReceiver) {
    unwatched.receiveBody(limit: limit, receiver)
  }

  func upgrade(
    _ fields: [HeaderField], _ limits: WebSocketLimits, to handler: any WebSocketHandler
  ) -> WebSocketConnection? { unwatched.upgrade(fields, limits, to: handler) }
}
