// SPDX-License-Identifier: Apache-2.0

import CLinux
import COpenSSL
import Glibc
import Sharing
import System
package import Time

/// A connection to a web server, plain or over TLS, whose calls block up to a deadline.
///
/// The look-up of a name is bounded by the system's resolver, neither by the deadline nor by the
/// cancellation. Confined to one thread.
@safe
package final class ClientConnection {
  /// When the calls give up.
  package var deadline: MonotonicTime
  let descriptor: Int32
  /// nil for a plain connection.
  private let session: OpaquePointer?
  private let cancellation: ClientCancellation?

  /// Connects, and completes the handshake of TLS.
  ///
  /// - Parameters:
  ///   - origin: the server.
  ///   - context: the trusted servers; an origin with TLS needs one.
  ///   - permitsLocal: whether the server may be on this machine, or have an address of the link.
  ///   - ticket: a ticket of the server, for a shorter handshake; nil for none.
  ///   - deadline: when to give up.
  ///   - cancellation: ends all calls; nil for none.
  /// - Throws: why there is no connection.
  package init(
    to origin: WebAddress.Origin, _ context: ClientContext?, permitsLocal: Bool = true,
    resuming ticket: ClientTicket? = nil, deadline: MonotonicTime,
    _ cancellation: ClientCancellation? = nil
  ) throws(ClientError) {
    var lookup: Int32 = 0
    let descriptor = unsafe clinux_connect(
      origin.host, origin.port, permitsLocal ? 1 : 0, deadline.nanoseconds,
      cancellation?.descriptor ?? -1, &lookup)
    if lookup != 0 { throw .unknownHost(unsafe String(cString: gai_strerror(lookup))) }
    if !permitsLocal, descriptor == -EPERM { throw .local }
    guard descriptor >= 0 else { throw Self.error(-descriptor) }
    var session: OpaquePointer?
    if origin.isSecure {
      unsafe session = context.flatMap {
        unsafe copenssl_connect($0.pointer, origin.host, descriptor, ticket?.pointer)
      }
      guard unsafe session != nil else {
        CLinux.close(descriptor)
        throw .insecure("out of memory")
      }
    }
    self.descriptor = descriptor
    self.deadline = deadline
    self.cancellation = cancellation
    unsafe self.session = session
    guard unsafe session != nil else { return }
    while true {
      let result = unsafe secure { session in unsafe SSL_connect(session) }
      if case .ended = result { throw .insecure("the connection was cut") }
      if try wait(result) { return }
    }
  }

  deinit {
    unsafe copenssl_disconnect(session)
    CLinux.close(descriptor)
  }

  /// Whether the server is on this machine, or has an address of the link.
  package var isLocal: Bool { clinux_has_local_peer(descriptor) == 1 }

  /// A ticket for the next connection; nil if the server gave none.
  package var ticket: ClientTicket? {
    guard let session = unsafe session else { return nil }
    return unsafe copenssl_ticket(session).map { unsafe ClientTicket($0) }
  }

  /// Whether the server has sent something, or closed the connection, since the last response.
  ///
  /// Tickets of TLS may be what it sent; such a connection is usable, and counts as used.
  package var hasInput: Bool {
    clinux_wait(descriptor, Int16(POLLIN), -1, 0) == 1
  }

  /// Bounds the bytes between ``write(_:)`` and the server, which then feels how fast it reads.
  ///
  /// - Parameters:
  ///   - unsent: the most bytes that the kernel takes before it sends them.
  ///   - silence: how long sent bytes may remain without an acknowledgement, or the server may take
  ///     no byte; the connection then ends.
  package func limit(unsent: Int32, silence: Interval) {
    clinux_set_option(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    clinux_limit_unsent(descriptor, unsent)
    clinux_set_option(
      descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(clamping: silence.milliseconds))
  }

  /// Sends short messages at once.
  package func limitDelay() {
    clinux_set_option(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
  }

  /// The bytes that have arrived, at most `limit`, without a wait; nil if none have, empty at the
  /// end.
  package func readArrived(_ limit: Int) throws(ClientError) -> [UInt8]? {
    guard hasInput else { return nil }
    let (bytes, result) = receive(limit)
    switch result {
    case .done: return bytes
    case .ended: return []
    // Tickets of TLS are no bytes of the server.
    case .waits: return nil
    case .failed(let failure): throw failure
    }
  }

  /// Reads at most `limit` bytes; none unless the attempt is done.
  private func receive(_ limit: Int) -> ([UInt8], Attempt) {
    var result = Attempt.ended
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, used in
      if unsafe session == nil {
        result = plain(
          unsafe clinux_receive(descriptor, buffer.baseAddress, buffer.count), Int16(POLLIN))
      } else {
        result = unsafe secure { session in
          unsafe SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
        }
      }
      if case .done(let count) = result { used = count } else { used = 0 }
    }
    return (bytes, result)
  }

  /// Sends all bytes.
  package func write(_ bytes: [UInt8]) throws(ClientError) {
    var offset = 0
    while offset < bytes.count {
      // bounded: the offset is below the count
      let result = unsafe bytes[offset...].withUnsafeBytes { bytes in
        if unsafe session == nil {
          let sent = unsafe clinux_send_bytes(descriptor, bytes.baseAddress, bytes.count)
          return plain(sent, Int16(POLLOUT))
        }
        return unsafe secure { session in
          unsafe SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
        }
      }
      if case .done(let count) = result { offset += count }
      if case .ended = result { throw .noConnection("the server has closed it") }
      _ = try wait(result)
    }
  }

  /// Waits for bytes, at most `limit`; empty at the end.
  package func read(_ limit: Int) throws(ClientError) -> [UInt8] {
    while true {
      let (bytes, result) = receive(limit)
      if case .done = result { return bytes }
      if try wait(result) { return [] }
    }
  }

  // MARK: Attempts

  /// The result of one call.
  private enum Attempt {
    case done(Int)
    /// The server has sent everything.
    case ended
    /// The call can succeed after this event of `poll`.
    case waits(Int16)
    case failed(ClientError)
  }

  private static func error(_ code: Int32) -> ClientError {
    switch code {
    case ETIMEDOUT: .noResponse
    case ECANCELED: .cancelled
    default: .noConnection(SystemError.reason(code))
    }
  }

  private func plain(_ count: Int, _ events: Int16) -> Attempt {
    switch count {
    case 1...: .done(count)
    case 0: .ended
    case -Int(EAGAIN), -Int(EINTR): .waits(events)
    default: .failed(.noConnection(SystemError.reason(Int32(clamping: -count))))
    }
  }

  private func secure(_ call: (OpaquePointer) -> Int32) -> Attempt {
    guard let session = unsafe session else { return .ended }
    ERR_clear_error()
    let count = unsafe call(session)
    if count > 0 { return .done(Int(count)) }
    switch unsafe SSL_get_error(session, count) {
    case SSL_ERROR_WANT_READ: return .waits(Int16(POLLIN))
    case SSL_ERROR_WANT_WRITE: return .waits(Int16(POLLOUT))
    case SSL_ERROR_ZERO_RETURN: return .ended
    default: break
    }
    let verdict = unsafe SSL_get_verify_result(session)
    let isVerified = unsafe SSL_get_verify_mode(session) != SSL_VERIFY_NONE
    guard verdict == Int(X509_V_OK) || !isVerified else {
      return .failed(
        .untrusted(unsafe String(cString: X509_verify_cert_error_string(verdict))))
    }
    return .failed(
      .insecure(ERR_peek_error() == 0 ? "the connection was cut" : TLSError.reason()))
  }

  /// Waits for the event that a call needs; true if the call needs none.
  private func wait(_ result: Attempt) throws(ClientError) -> Bool {
    switch result {
    case .done, .ended: return true
    case .failed(let failure): throw failure
    case .waits(let events):
      let code = clinux_wait(
        descriptor, events, cancellation?.descriptor ?? -1, deadline.nanoseconds)
      guard code == 1 else { throw Self.error(-code) }
      return false
    }
  }
}

/// Why a request of a client has no response.
package enum ClientError: Error, Equatable, CustomStringConvertible {
  /// The name of the host cannot be resolved.
  case unknownHost(String)
  /// The host is this machine, or has an address of the link, which is not permitted.
  case local
  /// No connection.
  case noConnection(String)
  /// The server's certificate is not valid for its name, or its signer is not trusted.
  case untrusted(String)
  /// Another error of TLS.
  case insecure(String)
  /// No byte before the deadline.
  case noResponse
  /// The client has given up.
  case cancelled

  package var description: String {
    switch self {
    case .unknownHost(let reason): "unknown host: \(reason)"
    case .local: "the host is the local machine"
    case .noConnection(let reason): "no connection: \(reason)"
    case .untrusted(let reason), .insecure(let reason): "TLS: \(reason)"
    case .noResponse: "no response in time"
    case .cancelled: "cancelled"
    }
  }
}

/// Ends the present and all later calls of clients, from any thread.
package final class ClientCancellation: Sendable {
  /// Readable once cancelled; negative if the system has no descriptor left.
  let descriptor = clinux_eventfd()
  private let isSet = Locked(false)

  /// A cancellation that is not set.
  package init() {}

  deinit { if descriptor >= 0 { CLinux.close(descriptor) } }

  /// Cancels.
  package func cancel() {
    isSet.withLock { $0 = true }
    if descriptor >= 0 { eventfd_write(descriptor, 1) }
  }

  /// Whether it is cancelled.
  package var isCancelled: Bool { isSet.withLock { $0 } }
}
