// SPDX-License-Identifier: Apache-2.0

package import Net
package import Sharing
import Time

/// A connection that was upgraded from HTTP/1.1, or an HTTP/2 stream (RFC 8441): messages in both
/// directions, and their end.
///
/// Confined to the loop's thread.
package final class WebSocketConnection: ServedConnection, ByteStreamOwner {
  /// Bytes that are read and dropped after a violation.
  private static let lingerSize = 256 * 1024

  let server: HTTPServer
  var index = -1
  private let stream: any ByteStream
  private var limits: WebSocketLimits
  private var decoder: WebSocketDecoder
  private var lifecycle: WebSocketLifecycle
  private var allowance: RateAllowance
  private var handler: (any WebSocketHandler)?
  /// The request that was upgraded, for the report at the end.
  private let exchange: any ConnectionExchange
  private let began: MonotonicTime
  /// The memory of own frames that were written since the kernel had taken all of them.
  private var answerBytes = 0
  /// Bytes of the client that wait until the answers to earlier frames are sent.
  private var leftover: [UInt8] = []
  /// When the incomplete message began; nil outside of a message.
  private var messageSince: MonotonicTime?
  private var bytesSent = 0
  private var lingered = 0
  /// Whether bytes of the client are dropped, after a violation.
  private var isDeaf = false

  init(
    _ stream: any ByteStream, _ server: HTTPServer, _ exchange: any ConnectionExchange,
    _ limits: WebSocketLimits, _ handler: any WebSocketHandler
  ) {
    self.stream = stream
    self.server = server
    self.exchange = exchange
    self.limits = limits
    self.handler = handler
    began = server.loop.now
    decoder = WebSocketDecoder(limit: limits.messageBytes)
    lifecycle = WebSocketLifecycle(now: server.loop.now)
    allowance = RateAllowance(
      burst: limits.frameBurst, rate: limits.frameRate, now: server.loop.now)
    stream.owner = self
    stream.limitUnsent(limits.unsentBytes)
  }

  /// The address of the client.
  package var peer: PeerAddress { stream.peer }

  /// Whether messages can be sent.
  package var isOpen: Bool { lifecycle.state == .open }

  /// Bytes that the kernel has not taken.
  package var queuedBytes: Int { stream.queuedBytes }

  /// Bytes that the kernel has not taken or not sent.
  package var unsentBytes: Int { stream.unsentBytes }

  /// What the kernel has sent and the client has acknowledged; nil if the transport does not tell.
  package var transmission: TransmissionState? { stream.transmission }

  // MARK: Sending

  /// Sends the head of the response 101, over HTTP/1.1.
  func begin(_ response: PreparedResponse) {
    server.batch.append(response.head)
    server.appendSuffix(.implied, to: server.batch)
    withExtendedLifetime(response) { write() }
  }

  /// Sends bytes that are whole frames, as of ``WebSocketFrame``.
  package func send(_ frames: SharedBytes) {
    server.batch.append(frames)
    withExtendedLifetime(frames) { write() }
    guard stream.queuedBytes > 0 else { return answerBytes = 0 }
    // bounded: few frames are taken while answers are queued
    answerBytes += frames.count + SharedBytes.objectSize
    // A client that asks and does not read keeps such frames.
    PastMedia.add(texts: [frames], at: server.loop.now)
  }

  /// Sends a frame whose head, and the first bytes of its payload, are `head`.
  package func send(_ head: SharedBytes, _ payload: ByteSlice) {
    server.batch.append(head)
    server.batch.append(payload)
    withExtendedLifetime((head, payload)) { write() }
  }

  /// Writes the batch of the server, and cuts a client that leaves too much queued.
  private func write() {
    guard lifecycle.state == .open else { return server.batch.removeAll() }
    let count = server.batch.byteCount
    bytesSent += count
    stream.write(server.batch)
    if stream.queuedBytes > max(server.limits.queuedBytes, count) { cut(.slow) }
  }

  /// Sends a Close frame; further messages are without effect, and the stream is closed when the
  /// client has answered, or after a time.
  package func close(_ code: WebSocketCloseCode, _ reason: String = "") {
    guard lifecycle.state == .open else { return }
    send(WebSocketFrame.close(code, reason))
    _ = lifecycle.beginClosing(now: server.loop.now)
  }

  // MARK: Receiving

  /// Permits larger messages from the next one on, after the rights of the client are known.
  package func permitMessages(ofBytes count: Int) {
    limits.messageBytes = count
    decoder.limit = count
  }

  package func received(_ bytes: borrowing Span<UInt8>) {
    guard lifecycle.state != .closed else { return }
    lifecycle.heard(now: server.loop.now)
    guard !isDeaf else {
      lingered += bytes.count
      if lingered > Self.lingerSize { stream.isReading = false }
      return
    }
    if leftover.isEmpty { parse(bytes) } else { keep(bytes, from: 0) }
  }

  /// Takes frames while few answers wait.
  private func parse(_ bytes: borrowing Span<UInt8>) {
    var position = 0
    while !isDeaf, lifecycle.state != .closed {
      guard !isBacklogged else { return keep(bytes, from: position) }
      do throws(WebSocketViolation) {
        guard let event = try decoder.next(bytes, &position) else { break }
        if !decoder.isInsideMessage { messageSince = nil }
        take(event)
      } catch {
        return refuse(error.closeCode, error.description, .webSocket)
      }
    }
    if decoder.isInsideMessage, messageSince == nil { messageSince = server.loop.now }
  }

  /// Whether the client has not read the answers to its earlier frames.
  private var isBacklogged: Bool {
    // bounded: both have limits
    answerBytes + (handler?.waitingBytes ?? 0) >= limits.answerBytes
  }

  /// Keeps bytes until the answers are sent; a client that sends much meanwhile is refused.
  private func keep(_ bytes: borrowing Span<UInt8>, from position: Int) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      // bounded: the decoder ends within the bytes
      unsafe leftover.append(contentsOf: buffer[position...])
    }
    guard leftover.count > limits.waitingBytes else { return }
    refuse(.policy, "answers are not read", .messageRate)
  }

  /// Takes the frames that have waited.
  private func resume() {
    guard !leftover.isEmpty, !isDeaf, !isBacklogged else { return }
    var bytes: [UInt8] = []
    swap(&bytes, &leftover)
    parse(bytes.span)
  }

  private func take(_ event: WebSocketEvent) {
    guard allowance.take(now: server.loop.now) else {
      return refuse(.policy, "too many messages", .messageRate)
    }
    switch event {
    case .text(let text): if lifecycle.state == .open { handler?.received(text) }
    case .binary(let bytes): if lifecycle.state == .open { handler?.received(bytes) }
    case .ping(let payload): send(WebSocketFrame.frame(.pong, payload))
    case .pong, .fragment: break
    case .close(let code):
      close(WebSocketCloseCode(answering: code))
      lifecycle.peerDone()
      isDeaf = true
      finish()
    }
  }

  /// Closes because of the client; its further bytes are dropped.
  private func refuse(_ code: WebSocketCloseCode, _ reason: String, _ fault: ConnectionFault) {
    server.observer?.faulted(fault)
    close(code, reason)
    isDeaf = true
    leftover = []
    decoder = WebSocketDecoder(limit: limits.messageBytes)
    if stream.queuedBytes == 0, lifecycle.state == .closing { stream.finishWriting() }
  }

  package func inputEnded() {
    lifecycle.peerDone()
    if lifecycle.state == .open { _ = lifecycle.beginClosing(now: server.loop.now) }
    finish()
  }

  package func drained() {
    switch lifecycle.state {
    case .open:
      answerBytes = 0
      handler?.drained()
      resume()
    case .closing: finish()
    case .closed: break
    }
  }

  // MARK: The end

  /// Closes the stream if nothing is left to be sent or expected.
  private func finish() {
    guard lifecycle.isPeerDone, stream.queuedBytes == 0, lifecycle.close() else { return }
    stream.close()
    end(lost: 0)
  }

  private func cut(_ fault: ConnectionFault) {
    guard lifecycle.close() else { return }
    server.observer?.faulted(fault)
    let lost = stream.queuedBytes
    stream.abort()
    end(lost: lost)
  }

  package func failed() {
    let lost = stream.queuedBytes
    if lifecycle.close() { end(lost: lost) }
  }

  /// Forgets the connection; the user learns of it at the end of the iteration.
  private func end(lost: Int) {
    server.remove(self)
    server.observer?.finished(
      ExchangeRecord(
        request: exchange.request, peer: exchange.client ?? peer, kind: exchange.kind,
        status: exchange.head.status, bytesSent: max(0, bytesSent - lost), cut: false,
        asked: exchange.head.asked, begun: began, ended: server.loop.now))
    let told = handler
    handler = nil
    server.loop.later { told?.closed() }
  }

  func check(_ now: MonotonicTime) {
    if !isDeaf, lifecycle.state == .open, leftover.isEmpty, let messageSince,
      now - messageSince >= limits.messageTime
    {
      let seconds = limits.messageTime.milliseconds / 1000
      refuse(.policy, "no complete message within \(seconds) s", .messageTime)
    }
    let action = lifecycle.check(
      queuedBytes: stream.queuedBytes, lastProgress: stream.lastProgress, server.limits, limits,
      now: now)
    switch action {
    case .none: break
    case .ping: send(WebSocketFrame.frame(.ping, []))
    case .drop:
      guard lifecycle.close() else { return }
      let lost = stream.queuedBytes
      stream.close()
      end(lost: lost)
    case .cut(let fault): cut(fault)
    }
  }

  func addPastDeadlines(to deadlines: inout [MonotonicTime]) {
    if let deadline = stream.pastDeadline { deadlines.append(deadline) }
  }

  func cutPastMedia(until deadline: MonotonicTime, _ fault: ConnectionFault) {
    if let own = stream.pastDeadline, own <= deadline { cut(fault) }
  }

  func drain() { close(.goingAway, "the server stops") }
}
