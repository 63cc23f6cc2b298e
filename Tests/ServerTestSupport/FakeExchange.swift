// SPDX-License-Identifier: Apache-2.0

package import HTTP
package import Net
package import Sharing
package import Time

/// An exchange without a connection: keeps its answer, and is as strict as a real one.
package final class FakeExchange: Exchange {
  package enum Stage { case waiting, streaming, answered, cut, gone }

  package private(set) var request: Request
  package var kind = RequestKind.other
  package var viewer: UInt64 = 0
  package var isForOneViewer = false
  package var delivery: (any DeliveryObserver)?
  package var onGone: (() -> Void)?
  package private(set) var stage = Stage.waiting
  package private(set) var status = 0
  package private(set) var fields: [HeaderField] = []
  package private(set) var body: [UInt8] = []
  /// The bytes of which the body consists; of an answer that was given at once.
  package private(set) var bytes: [SharedBytes] = []
  /// The pieces that were written one by one.
  package private(set) var pieces: [String] = []
  /// How many answers were given; more than one is a mistake of the routes.
  package private(set) var answers = 0

  /// The connection, whose acknowledgements a test sets.
  package var connectionStream: (any ByteStream)?

  package init(_ request: Request) { self.request = request }

  package func takePathPrefix() -> String? { request.takePathPrefix() }

  package var roundTrip: Interval? { nil }
  package var canStream: Bool { request.minorVersion > 0 }
  /// Bytes that the connection has not taken, as the test sets them.
  package var queuedBytes = 0
  package private(set) var resume: (() -> Void)?
  /// The last backlog of which the exchange was told.
  package private(set) var backlog = 0
  package var text: String { String(decoding: body, as: UTF8.self) }
  package var isHeld: Bool { stage == .waiting }

  package func header(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name }?.value
  }

  /// The body of the request, which is there at once.
  package var requestBody: [UInt8] = []
  package var isBodyPaused = false
  /// Whether the test supplies the body in pieces, by `receive`, `endBody` and `cutBody`.
  package var isBodyOpen = false
  package private(set) var receiver: (any BodyReceiver)?

  package func receive(_ text: String) { receiver?.received(Array(text.utf8).span) }

  package func endBody() { takeReceiver()?.ended() }

  package func cutBody() { takeReceiver()?.failed(.gone) }

  /// The receiver refers to its exchange, so that the end of the body ends the reference to it.
  private func takeReceiver() -> (any BodyReceiver)? {
    defer { receiver = nil }
    return receiver
  }

  package func receiveBody(limit: Int?, _ receiver: any BodyReceiver) {
    guard !isBodyOpen else { return self.receiver = receiver }
    let bytes = requestBody
    receiver.received(bytes.span)
    receiver.ended()
  }

  package func respond(_ response: PreparedResponse, extra: [HeaderField]) {
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

  package func begin(_ head: PreparedResponse, extra: [HeaderField]) {
    guard stage != .gone else { return }
    answers += 1
    guard stage == .waiting else { return }
    let head = isForOneViewer ? head.forOneViewer : head
    stage = .streaming
    status = head.status
    fields = head.fields + extra
    delivery?.begin(over: connectionStream)
  }

  package func write(_ bytes: SharedBytes) {
    guard stage == .streaming, request.method != .head else { return }
    body += bytes.array
    pieces.append(String(decoding: bytes.array, as: UTF8.self))
    delivery?.wrote(bytes.count, queued: queuedBytes)
  }

  package func end(with rest: [SharedBytes]) {
    for bytes in rest { write(bytes) }
    guard stage == .streaming else { return }
    stage = .answered
    onGone = nil
    delivery.take()?.end(isCut: false, queued: queuedBytes)
  }

  package func whenTaken(backlog: Int, _ resume: @escaping () -> Void) {
    self.backlog = backlog
    self.resume = resume
  }

  /// The connection takes all bytes.
  package func take() {
    queuedBytes = 0
    let resume = resume
    self.resume = nil
    resume?()
  }

  package func upgrade(
    _ fields: [HeaderField], _ limits: WebSocketLimits, to handler: any WebSocketHandler
  ) -> WebSocketConnection? { nil }

  /// Cuts the answer; a connection would then tell that the client is gone.
  package func abort() {
    guard stage != .gone else { return }
    stage = .cut
    delivery.take()?.end(isCut: true, queued: queuedBytes)
    let told = onGone
    onGone = nil
    told?()
  }

  /// The client goes, as a connection tells it: once, and not after the end of the answer.
  package func go() {
    guard stage == .waiting || stage == .streaming || stage == .cut else { return }
    stage = .gone
    delivery.take()?.end(isCut: true, queued: queuedBytes)
    let told = onGone
    onGone = nil
    told?()
  }
}

/// A connection without a kernel, whose acknowledgements a test sets.
package final class FakeStream: ByteStream {
  package var owner: (any ByteStreamOwner)?
  package let peer = PeerAddress.none
  package var queuedBytes = 0
  package let lastProgress = MonotonicTime.origin
  package var isReading = true
  package var noticesEnd = true
  package var transmission: TransmissionState?
  package var unsentBytes: Int { queuedBytes }
  package var roundTrip: Interval? { nil }

  /// A connection with these bytes on their way.
  package init(unacknowledged: Int = 0, rate: Int64 = 0) {
    acknowledge(0, unacknowledged: unacknowledged, rate: rate)
  }

  package func acknowledge(_ count: UInt64, unacknowledged: Int = 0, rate: Int64 = 0) {
    transmission = TransmissionState(
      acknowledged: count, unacknowledged: unacknowledged, roundTrip: .milliseconds(10),
      minimumRoundTrip: .milliseconds(10),
      deliveryRate: rate, isLowerBound: false)
  }

  package func limitUnsent(_ byteCount: Int) {}
  package func write(_ batch: WriteBatch) { batch.removeAll() }
  package func finishWriting() {}
  package func close() {}
  package func abort() {}
}
