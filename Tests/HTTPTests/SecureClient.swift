// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A blocking TLS client.
@safe
final class SecureClient {
  struct Failed: Error { let what: String }

  private let end: SocketEnd
  private let context: OpaquePointer?
  private let session: OpaquePointer?
  private var buffer: [UInt8] = []

  /// Connects and performs the handshake.
  ///
  /// - Parameters:
  ///   - port: on this machine.
  ///   - protocols: the protocols of ALPN, in their order.
  ///   - version: the only TLS version that is offered; 0 for any.
  ///   - receiveBuffer: bytes that the kernel keeps; 0 for the usual number.
  ///   - fragments: the code of the largest record (RFC 6066 §4); 0 for none.
  /// - Throws: if the connection or the handshake fails.
  init(
    port: UInt16, protocols: [String] = [], version: Int32 = 0, receiveBuffer: Int32 = 0,
    fragments: Int32 = 0
  ) throws {
    end = try SocketEnd(port: port, receiveBuffer: receiveBuffer)
    ERR_clear_error()
    unsafe context = SSL_CTX_new(TLS_client_method())
    unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
    unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
    // Old versions are offered intentionally.
    unsafe SSL_CTX_set_security_level(context, 0)
    unsafe session = SSL_new(context)
    let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    if !list.isEmpty { unsafe SSL_set_alpn_protos(session, list, UInt32(list.count)) }
    if fragments != 0 {
      unsafe SSL_set_tlsext_max_fragment_length(session, UInt8(fragments))
    }
    unsafe SSL_set_fd(session, end.descriptor)
    guard unsafe SSL_connect(session) == 1 else {
      let text = unsafe ERR_reason_error_string(ERR_get_error())
      throw Failed(what: unsafe text.map { unsafe String(cString: $0) } ?? "closed")
    }
  }

  deinit {
    unsafe SSL_free(session)
    unsafe SSL_CTX_free(context)
  }

  /// The certificate's serial number, to tell one from another.
  var serial: Int {
    guard let certificate = unsafe SSL_get1_peer_certificate(session) else { return 0 }
    defer { unsafe X509_free(certificate) }
    var digest = [UInt8](repeating: 0, count: 64)
    var count: UInt32 = 0
    unsafe X509_digest(certificate, EVP_sha256(), &digest, &count)
    return digest.prefix(7).reduce(0) { $0 << 8 | Int($1) }
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    unsafe SSL_write(session, bytes, Int32(bytes.count))
  }

  /// Reads `count` bytes.
  func take(_ count: Int) throws -> [UInt8] {
    while buffer.count < count {
      guard receive() > 0 else { throw Failed(what: "ended after \(buffer.count) bytes") }
    }
    defer { buffer.removeFirst(count) }
    return Array(buffer.prefix(count))
  }

  private func receive() -> Int32 {
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe SSL_read(session, &piece, Int32(piece.count))
    if count > 0 { buffer += piece[..<Int(count)] }
    return count
  }

  /// The next answer of HTTP/1.1 with a length: head and body.
  func response() throws -> (head: String, body: [UInt8]) {
    let end = Array("\r\n\r\n".utf8)
    while buffer.firstRange(of: end) == nil {
      guard receive() > 0 else { throw Failed(what: "ended in a head") }
    }
    let count = buffer.firstRange(of: end)?.upperBound ?? 0
    let head = String(decoding: try take(count), as: UTF8.self)
    let digits = head.lowercased().split(separator: "content-length: ").last?
      .prefix { $0.isNumber }
    return (head, try take(Int(digits ?? "") ?? 0))
  }

  /// Whether the server ended with close_notify.
  func endsWithNotice() -> Bool {
    while true {
      let count = receive()
      if count <= 0 { return unsafe SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN }
    }
  }
}
