// SPDX-License-Identifier: Apache-2.0

import CLinux
import COpenSSL
import Glibc
import Sharing
import Time

/// A connection to a web server, plain or over TLS, whose calls block up to one deadline.
///
/// The look-up of a name is not bounded by the deadline, but by the system's resolver.
@safe
final class ClientConnection {
  /// The context of all connections over TLS; nil if OpenSSL has no memory.
  private static let context: Context? = Context()

  /// A context of OpenSSL, which locks its own state.
  @safe
  private final class Context: @unchecked Sendable {
    let pointer: OpaquePointer

    init?() {
      guard let pointer = unsafe copenssl_client_context() else { return nil }
      unsafe self.pointer = pointer
    }

    deinit { unsafe SSL_CTX_free(pointer) }
  }

  private let descriptor: Int32
  /// nil for a plain connection.
  private let session: OpaquePointer?
  private let deadline: MonotonicTime

  /// Connects, and completes the handshake of TLS.
  init(to address: HookAddress, deadline: MonotonicTime) throws(HTTPPost.Failure) {
    var lookup: Int32 = 0
    let descriptor = unsafe clinux_connect(
      address.host, address.port, deadline.nanoseconds, &lookup)
    if lookup != 0 { throw .unknownHost(unsafe String(cString: gai_strerror(lookup))) }
    guard descriptor >= 0 else {
      throw descriptor == -ETIMEDOUT ? .noResponse : .noConnection(NetError.reason(-descriptor))
    }
    var session: OpaquePointer?
    if address.isSecure {
      unsafe session = Self.context.flatMap {
        unsafe copenssl_connect($0.pointer, address.host, descriptor)
      }
      guard unsafe session != nil else {
        CLinux.close(descriptor)
        throw .insecure("out of memory")
      }
    }
    self.descriptor = descriptor
    self.deadline = deadline
    unsafe self.session = session
    guard unsafe session != nil else { return }
    while true {
      let result = unsafe secure { session in unsafe SSL_connect(session) }
      if try wait(result) { return }
    }
  }

  deinit {
    unsafe SSL_free(session)
    CLinux.close(descriptor)
  }

  /// Sends all bytes.
  func write(_ bytes: [UInt8]) throws(HTTPPost.Failure) {
    var offset = 0
    while offset < bytes.count {
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
      if case .ended = result { throw .malformed }
      _ = try wait(result)
    }
  }

  /// Waits for bytes, at most `limit`; empty at the end.
  func read(_ limit: Int) throws(HTTPPost.Failure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: limit)
    while true {
      let result = unsafe buffer.withUnsafeMutableBytes { buffer in
        if unsafe session == nil {
          let count = unsafe clinux_receive(descriptor, buffer.baseAddress, buffer.count)
          return plain(count, Int16(POLLIN))
        }
        return unsafe secure { session in
          unsafe SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
        }
      }
      if case .done(let count) = result { return Array(buffer.prefix(count)) }
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
    case failed(HTTPPost.Failure)
  }

  private func plain(_ count: Int, _ events: Int16) -> Attempt {
    switch count {
    case 1...: .done(count)
    case 0: .ended
    case -Int(EAGAIN), -Int(EINTR): .waits(events)
    default: .failed(.noConnection(NetError.reason(Int32(clamping: -count))))
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
    guard verdict == Int(X509_V_OK) else {
      return .failed(
        .insecure(unsafe String(cString: X509_verify_cert_error_string(verdict))))
    }
    return .failed(
      .insecure(ERR_peek_error() == 0 ? "the connection was cut" : TLSError.reason()))
  }

  /// Waits for the event that a call needs; true if the call needs none.
  private func wait(_ result: Attempt) throws(HTTPPost.Failure) -> Bool {
    switch result {
    case .done, .ended: return true
    case .failed(let failure): throw failure
    case .waits(let events):
      let left = (deadline - SystemClock.monotonicTime).milliseconds
      guard left > 0 else { throw .noResponse }
      var poll = pollfd(fd: descriptor, events: events, revents: 0)
      _ = unsafe Glibc.poll(&poll, 1, Int32(clamping: left))
      return false
    }
  }
}
