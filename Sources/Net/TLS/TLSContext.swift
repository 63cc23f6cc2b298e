// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Sharing

/// The source of a server's certificate and key.
package enum TLSSource: Sendable {
  /// PEM files: the certificate, its chain after it or in a file of its own, and the key.
  case files(certificate: String, key: String, chain: String?)
  /// One PEM text with certificate and key.
  case text([UInt8])
}

/// The TLS settings of a server: certificate, key, authorities of clients, cipher suites,
/// protocols, tickets.
///
/// TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only. For any thread; a reload
/// changes new connections only.
/// - Source: RFC 9325 §3, §4; RFC 9113 §9.2
@safe
package final class TLSContext: @unchecked Sendable {
  /// The result of one load; freed with its last connection.
  @safe
  private final class Loaded: @unchecked Sendable {
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }
    deinit { unsafe SSL_CTX_free(pointer) }
  }

  private let source: TLSSource
  /// Nil if clients are not asked for certificates.
  private let clients: ClientAuthorities?
  private let tickets = TicketKeys()
  private let current: Locked<Loaded>
  private let refusal = Locked<(@Sendable (PeerAddress, String) -> Void)?>(nil)

  /// Loads certificate and key, and the authorities of clients; nil if these are not asked for
  /// certificates.
  package init(_ source: TLSSource, clients: ClientAuthorities? = nil) throws(TLSError) {
    self.source = source
    self.clients = clients
    current = Locked(try Self.load(source, clients, tickets))
  }

  /// Reloads all files for new connections; an error changes nothing.
  package func reload() throws(TLSError) {
    let loaded = try Self.load(source, clients, tickets)
    current.withLock { $0 = loaded }
  }

  /// Calls `body` from now on when the certificate of a client is refused, with the address and the
  /// reason.
  package func onRefusal(_ body: @escaping @Sendable (PeerAddress, String) -> Void) {
    refusal.withLock { $0 = body }
  }

  /// The certificate of a client is refused.
  func refused(_ peer: PeerAddress, _ reason: String) {
    refusal.withLock { $0 }?(peer, reason)
  }

  /// SHA-256 of the certificate, as browsers show it: pairs of digits with colons.
  package var fingerprint: String {
    let loaded = current.withLock { $0 }
    guard let certificate = unsafe SSL_CTX_get0_certificate(loaded.pointer) else { return "" }
    return unsafe Certificates.fingerprint(certificate)
  }

  /// The end of the certificate, in seconds since 1970; nil if it cannot be read.
  package var expiry: Int64? {
    let loaded = current.withLock { $0 }
    guard let certificate = unsafe SSL_CTX_get0_certificate(loaded.pointer) else { return nil }
    let end = unsafe copenssl_end(certificate)
    return end == 0 ? nil : end
  }

  /// A connection whose records go through `exchange`; nil without memory.
  @unsafe func connection(_ exchange: UnsafeMutablePointer<copenssl_exchange>) -> OpaquePointer? {
    let loaded = current.withLock { $0 }
    return unsafe copenssl_accept(loaded.pointer, TLSWorkspace.method, exchange)
  }

  private static func load(
    _ source: TLSSource, _ clients: ClientAuthorities?, _ tickets: TicketKeys
  ) throws(TLSError) -> Loaded {
    ERR_clear_error()
    guard let pointer = unsafe SSL_CTX_new(TLS_server_method()) else {
      throw .refused(call: "SSL_CTX_new", reason: TLSError.reason())
    }
    let loaded = unsafe Loaded(pointer)
    guard unsafe copenssl_configure(pointer) == 1,
      unsafe SSL_CTX_set_cipher_list(pointer, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1,
      unsafe SSL_CTX_set_ciphersuites(
        pointer, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1
    else { throw .refused(call: "SSL_CTX", reason: TLSError.reason()) }
    unsafe copenssl_never_ask(pointer)
    unsafe tickets.serve(pointer)
    unsafe chooseProtocol(pointer)
    switch source {
    case .files(let certificate, let key, let chain):
      try unsafe Certificates.use(pointer, certificate: certificate, key: key, chain: chain)
    case .text(let text):
      try unsafe Certificates.use(pointer, text: text)
    }
    if let clients { try unsafe clients.use(pointer) }
    return loaded
  }

  /// ALPN: HTTP/2 before HTTP/1.1 and HTTP/1.0; a client that offers none of them is refused.
  ///
  /// RFC 7301 §3.2, §6.
  @unsafe private static func chooseProtocol(_ context: OpaquePointer) {
    unsafe SSL_CTX_set_alpn_select_cb(
      context,
      { _, chosen, chosenCount, offered, offeredCount, _ in
        let ours: StaticString = "\u{2}h2\u{8}http/1.1\u{8}http/1.0"
        var common: UnsafeMutablePointer<UInt8>?
        let code = unsafe SSL_select_next_proto(
          &common, chosenCount, ours.utf8Start, UInt32(ours.utf8CodeUnitCount), offered,
          offeredCount)
        guard code == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        unsafe chosen?.pointee = UnsafePointer(common)
        return SSL_TLSEXT_ERR_OK
      }, nil)
  }
}
