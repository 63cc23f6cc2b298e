// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing

/// A plain TCP connection as a byte stream.
///
/// Writes are tried at once; EPOLLOUT is watched only while something is queued.
package final class TCPStream: ByteStream, DescriptorHandler {
  /// Pieces for one system call.
  private static let pieceCapacity = 64

  /// Lets go of the stream when that is closed.
  private let loop: EventLoop
  private var descriptor: Int32
  private let readLimit: Int32
  private let leastProgress: Int32
  private var interest: Readiness = [.readable, .peerFinished]
  private var isBroken = false
  private var isInputEnded = false
  /// There only while the kernel takes nothing.
  private var queue: SendQueue?

  package var owner: (any ByteStreamOwner)?
  package let peer: PeerAddress

  /// Takes over the descriptor and watches it; on an error it is closed.
  ///
  /// - Parameters:
  ///   - socket: what was accepted.
  ///   - loop: the loop whose thread calls, and to which the stream belongs.
  ///   - readLimit: how many bytes one `received` brings at most.
  ///   - leastProgress: how many bytes of a queue must go before they count as progress.
  /// - Throws: when it cannot be watched.
  package init(
    _ socket: AcceptedSocket, on loop: EventLoop, readLimit: Int = EventLoop.readCapacity,
    leastProgress: Int = 0
  ) throws(NetError) {
    self.loop = loop
    self.readLimit = Int32(clamping: readLimit)
    self.leastProgress = Int32(clamping: leastProgress)
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

  package var queuedBytes: Int { queue?.slices.byteCount ?? 0 }

  package var lastProgress: Int64 { queue?.pace.since ?? loop.now }

  package var isReading: Bool {
    get { interest.contains(.readable) }
    set {
      guard newValue != isReading, !isInputEnded else { return }
      if newValue { interest.insert(.readable) } else { interest.remove(.readable) }
      watch()
    }
  }

  package var noticesEnd: Bool {
    get { interest.contains(.peerFinished) }
    set {
      guard newValue != noticesEnd, !isInputEnded else { return }
      if newValue { interest.insert(.peerFinished) } else { interest.remove(.peerFinished) }
      watch()
    }
  }

  package func write(_ slices: [ByteSlice]) {
    guard descriptor >= 0, !isBroken else { return }
    var index = 0
    var offset = 0
    if queue == nil {
      while index < slices.count {
        let wanted = slices[index...].prefix(Self.pieceCapacity).reduce(-offset) { $0 + $1.count }
        let sent = send(slices, from: index, skipping: offset)
        if sent < 0 { return }
        var left = sent + offset
        while index < slices.count, left >= slices[index].count {
          left -= slices[index].count
          index += 1
        }
        offset = left
        if sent < wanted { break }
      }
    }
    while index < slices.count {
      var slice = slices[index]
      slice.drop(offset)
      enqueue(slice)
      offset = 0
      index += 1
    }
  }

  private func enqueue(_ slice: ByteSlice) {
    if let queue { return queue.slices.append(slice) }
    guard slice.count > 0 else { return }
    let queue = SendQueue(now: loop.now)
    queue.slices.append(slice)
    self.queue = queue
    interest.insert(.writable)
    watch()
  }

  /// Writes at once as much as the kernel takes and queues a copy of the rest.
  @unsafe func write(copying bytes: UnsafeRawBufferPointer) {
    guard descriptor >= 0, !isBroken else { return }
    var sent = 0
    if queue == nil {
      var piece = unsafe iovec(
        iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
      sent = unsafe send(&piece, 1)
      if sent < 0 { return }
    }
    guard sent < bytes.count else { return }
    enqueue(
      ByteSlice(
        unsafe SharedBytes(count: bytes.count - sent) { target in
          unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[sent...]))
        }))
  }

  package func finishWriting() {
    guard descriptor >= 0 else { return }
    shutdown(descriptor, Int32(SHUT_WR))
  }

  package func close() {
    guard let open = detach() else { return }
    CLinux.close(open)
  }

  package func abort() {
    guard let open = detach() else { return }
    clinux_abort(open)
  }

  package func loopStopped() {
    let owner = owner
    close()
    owner?.failed()
  }

  package func ready(_ readiness: Readiness) {
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
  /// False when there is no more for now, or the stream is no longer read.
  private func take() -> Bool {
    guard descriptor >= 0, isReading else { return false }
    let count = loop.read(descriptor, limit: Int(readLimit)) { owner?.received($0) }
    if count > 0 { return descriptor >= 0 && isReading }
    if count == 0 {
      endInput()
    } else if count != -Int(EAGAIN), count != -Int(EINTR) {
      fail()
    }
    return false
  }

  /// Reads what came before the peer's end; what its owner does not want to read is given up.
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

  private func flush() {
    while descriptor >= 0, let queue {
      let sent = send(queue.slices.slices, from: queue.slices.first, skipping: 0)
      if sent < 0 { return }
      if sent == 0 { break }
      queue.pace.move(sent, least: Int(leastProgress), now: loop.now)
      queue.slices.drop(sent)
      if queue.slices.isEmpty { self.queue = nil }
    }
    if descriptor >= 0, queue == nil, interest.contains(.writable) {
      interest.remove(.writable)
      watch()
      owner?.drained()
    }
  }

  /// One `sendmsg`.
  ///
  /// 0 when the kernel takes nothing now; -1 when the connection is lost, which the
  /// owner learns at the end of the turn.
  private func send(_ slices: [ByteSlice], from first: Int, skipping offset: Int) -> Int {
    let count = min(slices.count - first, Self.pieceCapacity)
    return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: count) { pieces in
      for index in 0..<count {
        let slice = slices[first + index]
        let skip = index == 0 ? offset : 0
        let start = unsafe UnsafeMutableRawPointer(
          mutating: slice.bytes.start + slice.offset + skip)
        unsafe pieces.initializeElement(
          at: index, to: iovec(iov_base: start, iov_len: slice.count - skip))
      }
      guard let start = pieces.baseAddress else { return 0 }
      return unsafe send(start, count)
    }
  }

  @unsafe private func send(_ pieces: UnsafeMutablePointer<iovec>, _ count: Int) -> Int {
    let sent = unsafe clinux_send(descriptor, pieces, count)
    if sent >= 0 { return sent }
    if sent == -Int(EAGAIN) || sent == -Int(EINTR) || sent == -Int(ENOBUFS) { return 0 }
    isBroken = true
    queue = nil
    loop.later { self.fail() }
    return -1
  }

  private func fail() {
    let owner = owner
    guard detach().map({ CLinux.close($0) }) != nil else { return }
    owner?.failed()
  }

  private func watch() {
    guard descriptor >= 0 else { return }
    loop.change(descriptor, interest)
  }

  /// Lets go of everything but the descriptor, which it returns if it was open.
  private func detach() -> Int32? {
    guard descriptor >= 0 else { return nil }
    let open = descriptor
    loop.remove(open)
    loop.connectionRemoved()
    descriptor = -1
    owner = nil
    queue = nil
    return open
  }
}
