// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing
package import Time

/// A TLS connection as a byte stream, over a plain TCP connection.
///
/// Bytes are encrypted when the kernel takes them: queued bytes stay shared and plain, and a
/// connection owns at most one batch of records. The records of one `write` leave by one system
/// call.
///
/// | function | caused by | peer sees | owner sees |
/// |---|---|---|---|
/// | `finishWriting` | owner, everything sent | close_notify, FIN | input as before |
/// | `close` | owner | close_notify if nothing is queued, FIN | nothing |
/// | `abort` | owner | RST | nothing |
/// | `endInput` | close_notify or FIN of the peer | nothing | `inputEnded` |
/// | `failed`, `fail` | TCP or TLS error while reading | FIN | `failed` |
/// | `breakDown` | TLS error inside `write` | FIN | `failed`, at the end of the iteration |
@safe
package final class TLSStream: ByteStream, ByteStreamOwner {
  /// The state of the handshake.
  package enum Security: Sendable {
    /// The handshake is in progress.
    case pending
    /// The handshake is complete: bytes are sent and received.
    case established
    /// The peer speaks no TLS, or no accepted version: it got an alert, its bytes are dropped.
    case failed(reason: String)
  }

  /// The maximum of queued bytes that TLS itself answers (key updates); above it reading pauses.
  // bounded: constants
  private static let controlLimit = 4 * TLSWorkspace.batchSize

  private let loop: EventLoop
  private let transport: TCPStream
  private let workspace: TLSWorkspace
  private let context: TLSContext
  private let session: TLSSession
  /// Plain bytes that are not encrypted yet.
  private var queue = SliceQueue()
  /// Encrypted bytes that were received while the owner did not read.
  private var held: [UInt8] = []
  private var isWanted = true
  private var isInputEnded = false
  private var isFinishing = false
  /// Whether the connection is lost or given up.
  private var isBroken = false

  package var owner: (any ByteStreamOwner)?
  /// The state of the handshake.
  package private(set) var security = Security.pending
  package private(set) var certificate: ClientCertificate?

  /// Takes ownership of the descriptor and waits for the client's first record; on an error the
  /// descriptor is closed.
  ///
  /// - Parameters:
  ///   - socket: the accepted socket.
  ///   - context: certificate and key.
  ///   - loop: the loop of the calling thread; the stream is confined to it.
  ///   - readLimit: the maximum number of encrypted bytes of one read.
  ///   - minimumProgress: the number of queued encrypted bytes that must leave before they count as
  ///     progress.
  /// - Throws: if epoll refuses the descriptor, or OpenSSL has no memory.
  package init(
    _ socket: AcceptedSocket, _ context: TLSContext, on loop: EventLoop,
    readLimit: Int = EventLoop.readCapacity, minimumProgress: Int = 0
  ) throws(NetError) {
    self.loop = loop
    self.context = context
    workspace = loop.tlsWorkspace
    do { session = try TLSSession(context, workspace) } catch {
      CLinux.close(socket.descriptor)
      loop.connectionRemoved()
      throw error
    }
    transport = try TCPStream(
      socket, on: loop, readLimit: readLimit, minimumProgress: minimumProgress)
    transport.owner = self
  }

  package var peer: PeerAddress { transport.peer }
  package var isSecure: Bool { true }

  package var queuedBytes: Int { queue.byteCount + transport.queuedBytes }

  // The transport has copies of encrypted bytes.
  package var pastDeadline: MonotonicTime? { queue.pastDeadline }

  package var unsentBytes: Int { queue.byteCount + transport.unsentBytes }

  package var roundTrip: Interval? { transport.roundTrip }
  package var transmission: TransmissionState? { transport.transmission }
  package var lastProgress: MonotonicTime { transport.lastProgress }

  package func limitUnsent(_ byteCount: Int) { transport.limitUnsent(byteCount) }

  /// Whether the client chose HTTP/2.
  package var isHTTP2: Bool { session.isHTTP2 }

  package var isReading: Bool {
    get { isWanted }
    set {
      guard newValue != isWanted else { return }
      isWanted = newValue
      if newValue, !held.isEmpty {
        loop.later { self.decryptHeld() }
      } else {
        watchInput()
      }
    }
  }

  package var noticesEnd: Bool {
    get { transport.noticesEnd }
    set { transport.noticesEnd = newValue }
  }

  // MARK: Writing

  package func write(_ batch: WriteBatch) {
    guard !isBroken else { return batch.removeAll() }
    if queue.isEmpty, transport.queuedBytes == 0, case .established = security { encrypt(batch) }
    queue.append(restOf: batch)
  }

  /// Encrypts and sends records, until the kernel takes only a part of them.
  private func encrypt(_ batch: WriteBatch) {
    while !batch.isEmpty, transport.queuedBytes == 0, !isBroken {
      while !batch.isEmpty, workspace.outputCount < TLSWorkspace.batchSize {
        guard session.seal(batch) else {
          batch.removeAll()
          return breakDown()
        }
      }
      flush()
    }
  }

  /// Encrypts and sends queued bytes, a bounded number of slices at a time.
  private func encryptQueue() {
    guard case .established = security else { return }
    while !queue.isEmpty, transport.queuedBytes == 0, !isBroken {
      let slices = queue.slices
      var cursor = queue.cursor
      let batch = WriteBatch()
      while batch.byteCount < TLSWorkspace.batchSize, let slice = cursor.next(of: slices) {
        batch.append(slice)
      }
      let count = batch.byteCount
      encrypt(batch)
      if !isBroken { queue.removeFirst(count - batch.byteCount) }
      withExtendedLifetime(slices) { batch.removeAll() }
    }
  }

  /// Sends the encrypted bytes.
  private func flush() {
    guard workspace.outputCount > 0 else { return }
    unsafe workspace.batch.append(lent: workspace.output)
    transport.write(workspace.batch)
    workspace.removeOutput()
  }

  package func drained() {
    encryptQueue()
    guard queuedBytes == 0 else { return }
    if isFinishing { transport.finishWriting() }
    watchInput()
    decryptHeld()
    owner?.drained()
  }

  // MARK: Reading

  package func received(_ bytes: borrowing Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      guard held.isEmpty else {
        unsafe held.append(contentsOf: bytes)
        return decryptHeld()
      }
      unsafe take(bytes)
    }
  }

  /// Decrypts the bytes that were received while the owner did not read.
  private func decryptHeld() {
    guard mayRead, !held.isEmpty else { return }
    let bytes = held
    held = []
    unsafe bytes.withUnsafeBufferPointer { unsafe take($0) }
    watchInput()
  }

  /// Whether bytes are decrypted: the owner wants them, and the peer takes the answers of TLS.
  private var mayRead: Bool {
    isWanted && !isBroken && transport.queuedBytes <= Self.controlLimit
  }

  private func watchInput() { transport.isReading = mayRead && held.isEmpty }

  @unsafe private func take(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe session.lend(bytes)
    if case .pending = security { shakeHands() }
    switch security {
    case .pending: break
    case .established: decrypt()
    case .failed: return
    }
    let left = session.inputCount
    guard !isBroken, !mayRead else { return }
    // bounded: at most the count of the bytes is left
    if left > 0 { held = unsafe Array(bytes[(bytes.count - left)...]) }
    watchInput()
  }

  private func shakeHands() {
    let result = session.shakeHands()
    // On a failure an alert, if OpenSSL wrote one; then FIN, so that the peer does not wait.
    flush()
    switch result {
    case .wantsInput: break
    case .done(let presented):
      security = .established
      certificate = presented
      encryptQueue()
    case .failed(let reason, let verification):
      security = .failed(reason: reason)
      if let verification { context.refused(peer, verification) }
      queue.removeAll()
      isFinishing = true
      if transport.queuedBytes == 0 { transport.finishWriting() }
    }
  }

  private func decrypt() {
    while mayRead, !isInputEnded {
      let result = session.read()
      flush()
      switch result {
      case .bytes(let count):
        // Looked up first: the owner may use the workspace.
        let isLast = session.hasNoInput
        let bytes = unsafe UnsafeBufferPointer(start: workspace.plain, count: count)
        owner?.received(unsafe bytes.span)
        if isLast { return }
      case .wantsInput: return
      case .ended: return endInput()
      case .failed: return fail()
      }
    }
  }

  package func inputEnded() {
    guard case .established = security else { return fail() }
    endInput()
  }

  private func endInput() {
    guard !isInputEnded else { return }
    isInputEnded = true
    owner?.inputEnded()
  }

  // MARK: The end

  package func finishWriting() {
    guard !isBroken, case .established = security else { return }
    notifyEnd()
    isFinishing = true
    if transport.queuedBytes == 0 { transport.finishWriting() }
  }

  package func close() {
    if queuedBytes == 0, case .established = security { notifyEnd() }
    letGo()
    transport.close()
  }

  package func abort() {
    letGo()
    transport.abort()
  }

  package func failed() { fail() }

  /// `close_notify`: no more bytes will follow (RFC 8446 §6.1).
  private func notifyEnd() {
    guard !isFinishing, !isBroken else { return }
    session.shutDown()
    flush()
  }

  /// After an error inside `write`: calls the owner at the end of the iteration.
  private func breakDown() {
    guard !isBroken else { return }
    isBroken = true
    queue.removeAll()
    loop.later { self.fail() }
  }

  private func fail() {
    let owner = owner
    letGo()
    transport.close()
    owner?.failed()
  }

  private func letGo() {
    owner = nil
    queue.removeAll()
    held = []
    isBroken = true
  }
}
