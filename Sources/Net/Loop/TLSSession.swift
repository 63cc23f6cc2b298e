// SPDX-License-Identifier: Apache-2.0

import CLinux
import COpenSSL

/// The server's end of a TLS session: wraps OpenSSL, which uses the workspace of a loop.
///
/// Confined to the loop's thread. Each call may write records to the output of the workspace.
@safe
package final class TLSSession {
  /// The state of a handshake.
  package enum Handshake {
    case wantsInput
    /// The certificate of the client; nil for none.
    case done(ClientCertificate?)
    /// The peer speaks no TLS, or no accepted version; `verification` is why its certificate is
    /// refused.
    case failed(reason: String, verification: String?)
  }

  /// The result of a read.
  enum Result {
    /// Plain bytes are in the workspace.
    case bytes(Int)
    case wantsInput
    /// The peer has sent close_notify.
    case ended
    case failed
  }

  private let pointer: OpaquePointer
  private let workspace: TLSWorkspace
  /// Kept because the session uses the ticket keys of the context.
  private let context: TLSContext

  /// A session that waits for the client's first record.
  ///
  /// - Throws: if OpenSSL has no memory.
  package init(_ context: TLSContext, _ workspace: TLSWorkspace) throws(NetError) {
    guard let pointer = unsafe context.connection(workspace.exchange) else {
      throw .system(call: "SSL_new", code: ENOMEM)
    }
    unsafe self.pointer = pointer
    self.workspace = workspace
    self.context = context
  }

  deinit { unsafe SSL_free(pointer) }

  /// Whether the client chose HTTP/2 (RFC 7301, RFC 9113 §3.2).
  package var isHTTP2: Bool {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    unsafe SSL_get0_alpn_selected(pointer, &name, &count)
    return unsafe UnsafeBufferPointer(start: name, count: Int(count)).elementsEqual("h2".utf8)
  }

  /// The thread has one queue of errors for all connections; it is nearly always empty.
  private func clearErrors() { if ERR_peek_error() != 0 { ERR_clear_error() } }

  /// Continues the handshake with the input of the workspace.
  package func shakeHands() -> Handshake {
    clearErrors()
    let code = unsafe SSL_do_handshake(pointer)
    let error = unsafe SSL_get_error(pointer, code)
    if code == 1 { return .done(unsafe ClientCertificate(pointer)) }
    guard error != SSL_ERROR_WANT_READ else { return .wantsInput }
    let isPlain = copenssl_is_plain_http(ERR_peek_error()) == 1
    let reason = isPlain ? "plain HTTP" : TLSError.reason()
    let verified = unsafe SSL_get_verify_result(pointer)
    guard verified != X509_V_OK, let text = unsafe X509_verify_cert_error_string(verified) else {
      return .failed(reason: reason, verification: nil)
    }
    return .failed(reason: reason, verification: unsafe String(cString: text))
  }

  /// Encrypts one record: a part of a large piece, or as many bytes of several pieces as it takes.
  ///
  /// OpenSSL spends about a microsecond on each record, so copying pieces into a full record is
  /// cheaper than a record for each, such as for the head of a frame.
  /// - Returns: false after an error.
  func seal(_ batch: WriteBatch) -> Bool {
    let size = TLSWorkspace.recordSize
    let pieces = unsafe batch.rest
    guard let first = unsafe pieces.first else { return true }
    clearErrors()
    if unsafe first.iov_len >= size || pieces.count == 1 {
      let wanted = unsafe min(first.iov_len, size)
      let written = unsafe SSL_write(pointer, first.iov_base, Int32(wanted))
      guard written > 0 else { return false }
      batch.consume(Int(written))
      return true
    }
    var count = 0
    for index in pieces.indices where count < size {
      let length = unsafe min(pieces[index].iov_len, size - count)
      if let start = unsafe pieces[index].iov_base {
        unsafe memcpy(workspace.gathered + count, start, length)
      }
      count += length
    }
    guard sealGathered(count) else { return false }
    batch.consume(count)
    return true
  }

  /// One record, or several for a client that asked for smaller ones (RFC 6066 §4).
  private func sealGathered(_ count: Int) -> Bool {
    var sealed = 0
    while sealed < count {
      let written = unsafe SSL_write(pointer, workspace.gathered + sealed, Int32(count - sealed))
      guard written > 0 else { return false }
      sealed += Int(written)
    }
    return true
  }

  /// Decrypts one record of the input.
  func read() -> Result {
    clearErrors()
    let count = unsafe SSL_read(pointer, workspace.plain, Int32(TLSWorkspace.recordSize))
    guard count <= 0 else { return .bytes(Int(count)) }
    switch unsafe SSL_get_error(pointer, count) {
    case SSL_ERROR_WANT_READ: return .wantsInput
    case SSL_ERROR_ZERO_RETURN: return .ended
    default: return .failed
    }
  }

  /// Makes received bytes the input of the workspace; they must live until it is read.
  @unsafe package func lend(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe workspace.exchange.pointee.input = bytes.baseAddress
    unsafe workspace.exchange.pointee.input_count = bytes.count
  }

  /// The number of bytes of the input that are not read.
  var inputCount: Int { unsafe workspace.exchange.pointee.input_count }

  /// Whether neither the workspace nor the session has received bytes left.
  var hasNoInput: Bool { unsafe inputCount == 0 && SSL_has_pending(pointer) == 0 }

  /// `close_notify`: no more bytes will follow (RFC 8446 §6.1).
  func shutDown() {
    clearErrors()
    unsafe SSL_shutdown(pointer)
  }
}
