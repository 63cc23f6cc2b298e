// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import Time

/// An exchange without a connection: keeps its answer, and is as strict as a real one.
final class FakeExchange: Exchange {
  enum Stage { case waiting, streaming, answered, cut, gone }

  private(set) var request: Request
  var kind = RequestKind.other
  var viewer: UInt64 = 0
  var isForOneViewer = false
  var delivery: (any DeliveryObserver)?
  var onGone: (() -> Void)?
  private(set) var stage = Stage.waiting
  private(set) var status = 0
  private(set) var fields: [HeaderField] = []
  private(set) var body: [UInt8] = []
  /// The bytes of which the body consists; of an answer that was given at once.
  private(set) var bytes: [SharedBytes] = []
  /// The pieces that were written one by one.
  private(set) var pieces: [String] = []
  /// How many answers were given; more than one is a mistake of the routes.
  private(set) var answers = 0

  /// The connection, whose acknowledgements a test sets.
  var connectionStream: (any ByteStream)?

  init(_ request: Request) { self.request = request }

  func takePathPrefix() -> String? { request.takePathPrefix() }

  var roundTrip: Interval? { nil }
  var canStream: Bool { request.minorVersion > 0 }
  /// Bytes that the connection has not taken, as the test sets them.
  var queuedBytes = 0
  private(set) var resume: (() -> Void)?
  /// The last backlog of which the exchange was told.
  private(set) var backlog = 0
  var text: String { String(decoding: body, as: UTF8.self) }
  var isHeld: Bool { stage == .waiting }

  func header(_ name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }

  /// The body of the request, which is there at once.
  var requestBody: [UInt8] = []
  var isBodyPaused = false
  /// Whether the test supplies the body in pieces, by `receive`, `endBody` and `cutBody`.
  var isBodyOpen = false
  private(set) var receiver: (any BodyReceiver)?

  func receive(_ text: String) { receiver?.received(Array(text.utf8).span) }

  func endBody() { takeReceiver()?.ended() }

  func cutBody() { takeReceiver()?.failed(.gone) }

  /// The receiver refers to its exchange, so that the end of the body ends the reference to it.
  private func takeReceiver() -> (any BodyReceiver)? {
    defer { receiver = nil }
    return receiver
  }

  func receiveBody(limit: Int?, _ receiver: any BodyReceiver) {
    guard !isBodyOpen else { return self.receiver = receiver }
    let bytes = requestBody
    receiver.received(bytes.span)
    receiver.ended()
  }

  func respond(_ response: PreparedResponse, extra: [HeaderField]) {
    guard stage != .gone else { return }
    answers += 1
    guard stage == .waiting else { return }
    let response = (isForOneViewer ? response.forOneViewer : response).conditional(request)
    stage = .answered
    onGone = nil
    status = response.status
    fields = response.fields + extra
    if request.method != .head {
      bytes = response.body.map(\.bytes)
      for slice in response.body {
        body += slice.bytes.array[slice.offset..<slice.offset + slice.count]
      }
    }
    delivery.take()?.responded(response, over: connectionStream, queued: queuedBytes)
  }

  func begin(_ head: PreparedResponse, extra: [HeaderField]) {
    guard stage != .gone else { return }
    answers += 1
    guard stage == .waiting else { return }
    let head = isForOneViewer ? head.forOneViewer : head
    stage = .streaming
    status = head.status
    fields = head.fields + extra
    delivery?.begin(over: connectionStream)
  }

  func write(_ bytes: SharedBytes) {
    guard stage == .streaming, request.method != .head else { return }
    body += bytes.array
    pieces.append(String(decoding: bytes.array, as: UTF8.self))
    delivery?.wrote(bytes.count, queued: queuedBytes)
  }

  func end(with rest: [SharedBytes]) {
    for bytes in rest { write(bytes) }
    guard stage == .streaming else { return }
    stage = .answered
    onGone = nil
    delivery.take()?.end(isCut: false, queued: queuedBytes)
  }

  func whenTaken(backlog: Int, _ resume: @escaping () -> Void) {
    self.backlog = backlog
    self.resume = resume
  }

  /// The connection takes all bytes.
  func take() {
    queuedBytes = 0
    let resume = resume
    self.resume = nil
    resume?()
  }

  func upgrade(
    _ fields: [HeaderField], _ limits: WebSocketLimits, to handler: any WebSocketHandler
  ) -> WebSocketConnection? { nil }

  /// Cuts the answer; a connection would then tell that the client is gone.
  func abort() {
    guard stage != .gone else { return }
    stage = .cut
    delivery.take()?.end(isCut: true, queued: queuedBytes)
    let told = onGone
    onGone = nil
    told?()
  }

  /// The client goes, as a connection tells it: once, and not after the end of the answer.
  func go() {
    guard stage == .waiting || stage == .streaming || stage == .cut else { return }
    stage = .gone
    delivery.take()?.end(isCut: true, queued: queuedBytes)
    let told = onGone
    onGone = nil
    told?()
  }
}

/// A connection without a kernel, whose acknowledgements a test sets.
final class FakeStream: ByteStream {
  var owner: (any ByteStreamOwner)?
  let peer = PeerAddress.none
  var queuedBytes = 0
  let lastProgress = MonotonicTime.origin
  var isReading = true
  var noticesEnd = true
  var transmission: TransmissionState?
  var unsentBytes: Int { queuedBytes }
  var roundTrip: Interval? { nil }

  /// A connection with these bytes on their way.
  init(unacknowledged: Int = 0, rate: Int64 = 0) {
    acknowledge(0, unacknowledged: unacknowledged, rate: rate)
  }

  func acknowledge(_ count: UInt64, unacknowledged: Int = 0, rate: Int64 = 0) {
    transmission = TransmissionState(
      acknowledged: count, unacknowledged: unacknowledged, roundTrip: .milliseconds(10),
      minimumRoundTrip: .milliseconds(10),
      deliveryRate: rate, isLowerBound: false)
  }

  func limitUnsent(_ byteCount: Int) {}
  func write(_ batch: WriteBatch) { batch.removeAll() }
  func finishWriting() {}
  func close() {}
  func abort() {}
}
