// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Net

/// A session that may be resumed.
@safe
final class SavedSession {
  let pointer: OpaquePointer

  init?(_ pointer: OpaquePointer?) {
    guard let pointer = unsafe pointer else { return nil }
    unsafe self.pointer = unsafe pointer
  }

  deinit { unsafe SSL_SESSION_free(pointer) }
}

/// A TLS client whose records are exchanged with a session of the server in memory.
@safe
final class MemoryClient {
  private let context: OpaquePointer?
  private let session: OpaquePointer?
  /// The records for the client, and from it.
  private let input: OpaquePointer?, output: OpaquePointer?

  /// A client before its handshake.
  ///
  /// - Parameters:
  ///   - protocols: the protocols of ALPN, in their order.
  ///   - version: the only TLS version that is offered; 0 for any.
  ///   - suites: of TLS 1.2; nil for the usual ones.
  ///   - resuming: an earlier session.
  init(
    protocols: [String] = [], version: Int32 = 0, suites: String? = nil,
    resuming: SavedSession? = nil
  ) {
    ERR_clear_error()
    unsafe context = SSL_CTX_new(TLS_client_method())
    unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
    unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
    // Old suites are offered intentionally.
    unsafe SSL_CTX_set_security_level(context, 0)
    if let suites { unsafe SSL_CTX_set_cipher_list(context, suites) }
    unsafe session = SSL_new(context)
    let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    if !list.isEmpty { unsafe SSL_set_alpn_protos(session, list, UInt32(list.count)) }
    if let resuming { unsafe SSL_set_session(session, resuming.pointer) }
    unsafe input = BIO_new(BIO_s_mem())
    unsafe output = BIO_new(BIO_s_mem())
    unsafe SSL_set_bio(session, input, output)
    unsafe SSL_set_connect_state(session)
  }

  deinit {
    unsafe SSL_free(session)
    unsafe SSL_CTX_free(context)
  }

  /// Shakes hands with a new session of a server.
  ///
  /// - Returns: the session; nil if one of both has failed.
  func connects(to context: TLSContext) throws -> TLSSession? {
    let workspace = TLSWorkspace()
    let server = try TLSSession(context, workspace)
    var isServerDone = false
    // TLS 1.2 takes two round trips.
    for _ in 0..<4 {
      ERR_clear_error()
      let code = unsafe SSL_do_handshake(session)
      let error = unsafe SSL_get_error(session, code)
      guard code == 1 || error == SSL_ERROR_WANT_READ else { return nil }
      if code == 1, isServerDone {
        receiveTickets()
        return server
      }
      let sent = takeOutput()
      let result = unsafe sent.withUnsafeBufferPointer { bytes in
        unsafe server.lend(bytes)
        return server.shakeHands()
      }
      switch result {
      case .failed: return nil
      case .done: isServerDone = true
      case .wantsInput: break
      }
      let answer = unsafe workspace.output
      unsafe BIO_write(input, answer.baseAddress, Int32(answer.count))
      workspace.removeOutput()
    }
    return nil
  }

  /// The records that wait to be sent.
  private func takeOutput() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe BIO_read(output, &bytes, Int32(bytes.count))
    return Array(bytes.prefix(Int(max(0, count))))
  }

  /// TLS 1.3 sends tickets after the handshake: they are read before the first byte.
  private func receiveTickets() {
    var byte: UInt8 = 0
    unsafe SSL_read(session, &byte, 1)
  }

  var chosenProtocol: String {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    unsafe SSL_get0_alpn_selected(session, &name, &count)
    return unsafe String(
      decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
  }

  var version: String { unsafe String(cString: SSL_get_version(session)) }

  var isResumed: Bool { unsafe SSL_session_reused(session) == 1 }

  /// The session, to be resumed.
  func savedSession() -> SavedSession? { unsafe SavedSession(SSL_get1_session(session)) }
}
