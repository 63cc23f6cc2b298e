// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing
import Time

/// One HTTP/2 stream as a byte stream, after an extended CONNECT request was accepted.
///
/// END_STREAM is the FIN of the stream, RST_STREAM with CANCEL its RST. Confined to the loop's
/// thread.
/// - Source: RFC 8441 §5
final class HTTP2Tunnel: ByteStream {
  var owner: (any ByteStreamOwner)?
  let peer: PeerAddress
  let isSecure: Bool
  /// If not, the window of the HTTP/2 stream stays closed, and received bytes are dropped.
  var isReading = true
  /// END_STREAM is always noticed.
  var noticesEnd = true
  /// nil after the end.
  private var exchange: HTTP2Exchange?
  /// The bytes of this tunnel among all bytes of the connection.
  private var share = ConnectionShare()
  /// The own bytes that were queued when the exchange ended.
  private var lostBytes = 0
  /// Whether bytes were queued after the last write: the owner learns when they are not any more.
  private var isWaiting = false

  init(_ exchange: HTTP2Exchange, _ connection: any ByteStream) {
    self.exchange = exchange
    peer = connection.peer
    isSecure = connection.isSecure
  }

  private var connection: HTTP2Connection? { exchange?.connection }

  // MARK: The queues

  /// The own bytes that wait for a window or for the kernel, and 1 if only other streams' bytes are
  /// in the way; after the end, the unsent bytes.
  var queuedBytes: Int {
    guard let exchange, let connection else { return lostBytes }
    let queued = connection.stream.queuedBytes
    guard queued > 0 else { return exchange.pending.byteCount }
    return max(1, exchange.pending.byteCount + own(ofLast: queued))
  }

  var unsentBytes: Int {
    guard let exchange, let connection else { return 0 }
    return exchange.pending.byteCount + own(ofLast: connection.stream.unsentBytes)
  }

  var lastProgress: MonotonicTime {
    guard let exchange, let connection else { return .origin }
    return exchange.pending.isEmpty ? connection.stream.lastProgress : exchange.pace.since
  }

  var roundTrip: Interval? { connection?.stream.roundTrip }

  /// The sending side of the whole connection, but of the bytes without acknowledgement the own.
  var transmission: TransmissionState? {
    guard let connection, let state = connection.stream.transmission else { return nil }
    let stream = connection.stream
    // bounded: the bytes of a connection, and the kernel's buffer
    share.forget(upTo: connection.writtenBytes - state.unacknowledged - stream.queuedBytes)
    let queued = own(ofLast: stream.queuedBytes)
    // bounded: the kernel's buffer
    let unacknowledged = own(ofLast: state.unacknowledged + stream.queuedBytes) - queued
    return TransmissionState(
      acknowledged: state.acknowledged, unacknowledged: max(0, unacknowledged),
      roundTrip: state.roundTrip, minimumRoundTrip: state.minimumRoundTrip,
      deliveryRate: state.deliveryRate, isLowerBound: state.isLowerBound)
  }

  private func own(ofLast count: Int) -> Int {
    connection.map { share.count(ofLast: count, of: $0.writtenBytes) } ?? 0
  }

  func limitUnsent(_ byteCount: Int) { connection?.stream.limitUnsent(byteCount) }

  /// Counts bytes that were moved to the output, whose last one is byte `end` of the connection.
  func moved(_ count: Int, end: Int) { share.add(count, end: end) }

  // MARK: Writing

  func write(_ batch: WriteBatch) {
    guard let exchange, let connection, !exchange.isEnded else { return batch.removeAll() }
    batch.takeRest { exchange.append($0) }
    connection.continueTunnel(exchange)
    isWaiting = queuedBytes > 0
  }

  /// Tells the owner that nothing is queued any more.
  func checkDrained() {
    guard isWaiting, queuedBytes == 0 else { return }
    isWaiting = false
    owner?.drained()
  }

  // MARK: Reading

  func receive(_ bytes: borrowing Span<UInt8>) { owner?.received(bytes) }

  func endInput() { owner?.inputEnded() }

  // MARK: The end

  func finishWriting() { exchange?.endTunnel() }

  func close() {
    guard let exchange = detach() else { return }
    if exchange.pending.isEmpty {
      exchange.endTunnel()
    } else {
      exchange.connection?.reset(exchange, .socketEnded)
    }
  }

  func abort() {
    guard let exchange = detach() else { return }
    exchange.connection?.reset(exchange, .socketEnded)
  }

  /// Notes the bytes that are lost with the exchange, before it is taken from its connection.
  func noteLoss() { lostBytes = queuedBytes }

  /// The HTTP/2 stream or the connection is lost.
  func fail() {
    let owner = owner
    if detach() != nil { owner?.failed() }
  }

  /// Releases the exchange and the owner.
  ///
  /// - Returns: the exchange; nil if it was released before.
  private func detach() -> HTTP2Exchange? {
    let released = exchange
    released?.releaseSocket()
    exchange = nil
    owner = nil
    return released
  }
}
