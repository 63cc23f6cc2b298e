// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing
package import Time

/// A plain TCP connection as a byte stream.
///
/// A write is tried at once; EPOLLOUT is watched only while bytes are queued. Longer than 300 lines
/// since reading, writing and files share one descriptor, what is watched of it, and its end.
package final class TCPStream: ByteStream, DescriptorHandler {
  /// Bytes that the kernel did not take, and how fast it takes them; most connections have none.
  private final class SocketOutput {
    var slices = SliceQueue()
    var pace: ThroughputMeter

    init(now: MonotonicTime) { pace = ThroughputMeter(now: now) }
  }

  // Small properties come after large ones, so that a connection has few gaps.

  /// Releases the stream when the stream is closed.
  private let loop: EventLoop
  /// nil while the kernel takes everything.
  private var queue: SocketOutput?
  /// Bytes of files after those of the queue, and bytes after them.
  private var transfer: FileTransfer?

  package var owner: (any ByteStreamOwner)?
  package let peer: PeerAddress

  private var isBroken = false
  private var isInputEnded = false
  private var interest: DescriptorReadiness = [.readable, .peerFinished, .changesOnly]
  private var descriptor: Int32
  private let readLimit: Int32
  private let minimumProgress: Int32

  /// Takes ownership of the descriptor and watches it; on an error the descriptor is closed.
  ///
  /// - Parameters:
  ///   - socket: the accepted socket.
  ///   - loop: the loop of the calling thread; the stream is confined to it.
  ///   - readLimit: the maximum number of bytes of one `received`.
  ///   - minimumProgress: the number of queued bytes that must leave before they count as progress.
  /// - Throws: if epoll refuses the descriptor.
  package init(
    _ socket: AcceptedSocket, on loop: EventLoop, readLimit: Int = EventLoop.readCapacity,
    minimumProgress: Int = 0
  ) throws(NetError) {
    self.loop = loop
    self.readLimit = Int32(clamping: readLimit)
    self.minimumProgress = Int32(clamping: minimumProgress)
    descriptor = socket.descriptor
    peer = socket.peer
    do {
      try loop.add(descriptor, interest, self)
    } catch {
      CLinux.close(descriptor)
      loop.connectionRemoved()
      throw error
    }
  }

  package var queuedBytes: Int {
    (queue?.slices.byteCount ?? 0) + (transfer?.byteCount ?? 0)
  }

  package var pastDeadline: MonotonicTime? { queue?.slices.pastDeadline }

  package var unsentBytes: Int {
    descriptor >= 0 ? queuedBytes + max(0, Int(clinux_unsent(descriptor))) : 0
  }

  package var roundTrip: Interval? {
    descriptor >= 0 ? TransmissionState.roundTrip(of: descriptor) : nil
  }

  package var transmission: TransmissionState? {
    descriptor >= 0 ? TransmissionState(of: descriptor) : nil
  }

  package func limitUnsent(_ byteCount: Int) {
    if descriptor >= 0 { clinux_limit_unsent(descriptor, Int32(clamping: byteCount)) }
  }

  package var lastProgress: MonotonicTime {
    queue?.pace.since ?? transfer?.pace.since ?? loop.now
  }

  package var isReading: Bool {
    get { interest.contains(.readable) }
    set { watch(.readable, newValue) }
  }

  package var noticesEnd: Bool {
    get { interest.contains(.peerFinished) }
    set { watch(.peerFinished, newValue) }
  }

  // MARK: Writing

  package func write(_ batch: WriteBatch) {
    guard descriptor >= 0, !isBroken else { return batch.removeAll() }
    while queue == nil, transfer == nil, !batch.isEmpty {
      let pieces = unsafe batch.rest
      let count = min(pieces.count, SocketSending.sliceCapacity)
      let wanted =
        count == pieces.count
        ? batch.byteCount : unsafe pieces[..<count].reduce(0) { unsafe $0 + $1.iov_len }
      guard let start = pieces.baseAddress else { break }
      let isSmall = count > 1 && wanted <= EventLoop.gatherCapacity
      let sent = result(
        unsafe isSmall
          ? SocketSending.send(gathering: pieces[..<count], in: loop.gathered, to: descriptor)
          : clinux_send(descriptor, start, count))
      if sent < 0 { return batch.removeAll() }
      batch.consume(sent)
      if sent < wanted { break }
    }
    guard !batch.isEmpty else { return }
    if let transfer { return transfer.following.append(restOf: batch) }
    (queue ?? beginQueue()).slices.append(restOf: batch)
  }

  private func enqueue(_ slice: ByteSlice) {
    if let transfer { return transfer.following.append(slice) }
    guard slice.count > 0 else { return }
    (queue ?? beginQueue()).slices.append(slice)
  }

  private func beginQueue() -> SocketOutput {
    let queue = SocketOutput(now: loop.now)
    self.queue = queue
    interest.insert(.writable)
    watch()
    return queue
  }

  private func flush() {
    while descriptor >= 0, let queue {
      let sent = result(
        SocketSending.send(queue.slices.slices, from: queue.slices.cursor, to: descriptor))
      if sent < 0 { return }
      if sent == 0 { break }
      queue.pace.move(sent, least: Int(minimumProgress), now: loop.now)
      queue.slices.removeFirst(sent)
      if queue.slices.isEmpty { self.queue = nil }
    }
    guard descriptor >= 0, queue == nil else { return }
    if let transfer { return transfer.isRunning ? () : send(transfer) }
    guard interest.contains(.writable) else { return }
    interest.remove(.writable)
    watch()
    owner?.drained()
  }

  /// The number of sent bytes; 0 if the kernel takes nothing now; -1 if the connection is lost,
  /// which the owner learns at the end of the iteration.
  private func result(_ sent: Int) -> Int {
    if sent >= 0 { return sent }
    if sent == -Int(EAGAIN) { return 0 }
    if sent == -Int(EINTR) || sent == -Int(ENOBUFS) {
      // The kernel reports no change: the descriptor may be writable all the time.
      if queue != nil { watch() }
      return 0
    }
    isBroken = true
    queue = nil
    loop.later { self.fail() }
    return -1
  }

  // MARK: Files

  package var takesFiles: Bool { transfer == nil }

  package func send(_ files: FileBytes) {
    guard descriptor >= 0, !isBroken, transfer == nil, files.count > 0 else { return }
    let transfer = FileTransfer(files, descriptor, loop) { [unowned self] in sent($0) }
    self.transfer = transfer
    if queue == nil { send(transfer) }
  }

  private func send(_ transfer: FileTransfer) {
    if interest.contains(.writable) {
      interest.remove(.writable)
      watch()
    }
    if !transfer.run() { loop.later { self.fail() } }
  }

  /// A thread has sent bytes of files.
  private func sent(_ progress: FileCursor.Progress) {
    guard let transfer else { return }
    switch progress {
    case .more: send(transfer)
    case .blocked:
      interest.insert(.writable)
      watch()
    case .failed: fail()
    case .done:
      self.transfer = nil
      transfer.following.removeFirst(transfer.following.byteCount) { enqueue($0) }
      if queue == nil { owner?.drained() }
    }
  }

  // MARK: Reading

  package func ready(_ readiness: DescriptorReadiness) {
    if !readiness.isDisjoint(with: .failed) { return fail() }
    if readiness.contains(.writable) { flush() }
    if readiness.contains(.peerFinished) {
      takeAll()
    } else if readiness.contains(.readable), isReading {
      _ = take()
    }
  }

  /// Reads once.
  ///
  /// - Returns: false if no more bytes are available now, or the stream is no longer read.
  private func take() -> Bool {
    guard descriptor >= 0, isReading else { return false }
    let count = loop.read(descriptor, limit: Int(readLimit)) { owner?.received($0) }
    if count > 0 {
      guard descriptor >= 0, isReading else { return false }
      // A short read has taken all bytes, epoll(7). The end of input is reported only if noticed.
      if count == readLimit || !noticesEnd { watch() }
      return true
    }
    if count == 0 {
      endInput()
    } else if count == -Int(EINTR) {
      watch()
    } else if count != -Int(EAGAIN) {
      fail()
    }
    return false
  }

  /// Reads the bytes before the peer's FIN; bytes that the owner does not want are discarded.
  private func takeAll() {
    while take() {}
    if descriptor >= 0, noticesEnd { endInput() }
  }

  private func endInput() {
    guard !isInputEnded else { return }
    interest.subtract([.readable, .peerFinished])
    isInputEnded = true
    watch()
    owner?.inputEnded()
  }

  private func watch(_ readiness: DescriptorReadiness, _ isWatched: Bool) {
    guard isWatched != interest.contains(readiness), !isInputEnded else { return }
    if isWatched { interest.insert(readiness) } else { interest.remove(readiness) }
    watch()
  }

  private func watch() {
    guard descriptor >= 0 else { return }
    loop.change(descriptor, interest)
  }

  // MARK: The end

  package func finishWriting() {
    guard descriptor >= 0 else { return }
    shutdown(descriptor, Int32(SHUT_WR))
  }

  package func close() { _ = end(.closed) }

  package func abort() { _ = end(.aborted) }

  package func loopStopped() {
    let owner = owner
    close()
    owner?.failed()
  }

  private func fail() {
    let owner = owner
    if end(.closed) { owner?.failed() }
  }

  /// Releases everything.
  ///
  /// - Returns: false if the stream was closed before.
  private func end(_ end: SocketLease.End) -> Bool {
    guard descriptor >= 0 else { return false }
    let open = descriptor
    loop.remove(open)
    loop.connectionRemoved()
    descriptor = -1
    owner = nil
    queue = nil
    // A thread that sends closes the socket after its last call.
    if let transfer, transfer.isRunning { transfer.end(end) } else { end.perform(open) }
    transfer = nil
    return true
  }
}
