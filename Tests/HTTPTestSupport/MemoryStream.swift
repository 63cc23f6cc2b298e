// SPDX-License-Identifier: Apache-2.0

package import Net
import Sharing
package import Time

/// A TCP connection in memory: a byte stream for the server, and functions for its client.
///
/// `step` moves bytes in both directions, as the kernel and epoll do. Confined to the thread of the
/// loop.
package final class MemoryStream: ByteStream {
  /// How the server has ended the connection.
  package enum End { case none, finished, closed, aborted }

  /// The maximum number of bytes of one read, as in `HTTPServer`.
  private static let readLimit = 16 * 1024

  package var owner: (any ByteStreamOwner)?
  package let peer: PeerAddress
  package let isSecure = false
  package var isReading = true
  package var noticesEnd = true
  /// All bytes that the kernel took, in order.
  package private(set) var written: [UInt8] = []
  /// How the server has ended the connection.
  package private(set) var end = End.none
  /// Whether bytes were queued when the connection was closed.
  package private(set) var hasLost = false
  private let loop: EventLoop
  private let capacity: Int
  private let minimumProgress: Int
  private var queue = SliceQueue()
  private var pace: ThroughputMeter
  /// The number of written bytes that the client has read.
  private var readCount = 0
  /// Bytes of the client that the server has not read.
  private var inbox: ArraySlice<UInt8> = []
  private var isInputFinished = false
  private var isInputEnded = false

  /// An open connection of 127.0.0.1.
  ///
  /// - Parameters:
  ///   - loop: the server's loop.
  ///   - capacity: the bytes that the kernel takes until the client reads.
  ///   - minimumProgress: as for ``TCPStream``.
  package init(_ loop: EventLoop, capacity: Int = .max, minimumProgress: Int = 0) {
    self.loop = loop
    self.capacity = capacity
    self.minimumProgress = minimumProgress
    peer = PeerAddress(high: 0, low: 0x7F00_0001, port: 1, isVersion6: false)
    pace = ThroughputMeter(now: loop.now)
  }

  // MARK: The server

  package var queuedBytes: Int { queue.byteCount }

  package var pastDeadline: MonotonicTime? { queue.pastDeadline }

  /// The queued bytes.
  package var unsentBytes: Int { queuedBytes }
  /// Unknown.
  package var roundTrip: Interval? { nil }
  /// Unknown.
  package var transmission: TransmissionState? { nil }
  /// No effect.
  package func limitUnsent(_ byteCount: Int) {}

  package var lastProgress: MonotonicTime { queue.isEmpty ? loop.now : pace.since }

  package func write(_ batch: WriteBatch) {
    guard !isClosed else { return batch.removeAll() }
    let wasEmpty = queue.isEmpty
    batch.takeRest { queue.append($0) }
    guard wasEmpty else { return }
    take()
    pace.restart(now: loop.now)
  }

  package func finishWriting() { end = .finished }

  package func close() { close(.closed) }

  package func abort() { close(.aborted) }

  /// Whether the server has closed or cut the connection.
  package var isClosed: Bool { end == .closed || end == .aborted }

  private func close(_ end: End) {
    guard !isClosed else { return }
    hasLost = !queue.isEmpty
    self.end = end
    owner = nil
    queue.removeAll()
  }

  private func take() {
    let count = min(capacity - (written.count - readCount), queue.byteCount)
    queue.removeFirst(count) { slice in
      let bytes = unsafe UnsafeRawBufferPointer(
        start: slice.bytes.start + slice.offset, count: slice.count)
      unsafe written.append(contentsOf: bytes)
    }
    pace.move(count, least: minimumProgress, now: loop.now)
  }

  // MARK: The client

  /// Sends bytes; the server reads them in `step`.
  package func send(_ bytes: some Sequence<UInt8>) { inbox += bytes }

  /// Sends FIN after the sent bytes.
  package func finish() { isInputFinished = true }

  /// Loses the connection, as by RST.
  package func fail() {
    let owner = owner
    close(.aborted)
    owner?.failed()
  }

  /// The written bytes that were not read before.
  package func read() -> ArraySlice<UInt8> {
    defer { readCount = written.count }
    return written[readCount...]
  }

  /// Whether the server has left sent bytes unread.
  package var hasUnread: Bool { !inbox.isEmpty }

  /// Moves bytes once in both directions.
  ///
  /// - Returns: false if nothing moved.
  package func step() -> Bool {
    guard !isClosed else { return false }
    var hasMoved = false
    if !queue.isEmpty, written.count - readCount < capacity {
      take()
      if queue.isEmpty { owner?.drained() }
      hasMoved = true
    }
    guard isInputFinished, !isInputEnded else { return deliver() || hasMoved }
    while deliver() { hasMoved = true }
    guard !isClosed, noticesEnd || isReading && inbox.isEmpty else { return hasMoved }
    isInputEnded = true
    owner?.inputEnded()
    return true
  }

  private func deliver() -> Bool {
    guard !isClosed, isReading, !inbox.isEmpty, let owner else { return false }
    let piece = Array(inbox.prefix(Self.readLimit))
    inbox = inbox.dropFirst(piece.count)
    owner.received(piece.span)
    return true
  }
}
