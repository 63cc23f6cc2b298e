// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import System

/// The TLS settings of clients: which servers are trusted.
///
/// For any thread, since OpenSSL locks its state.
@safe
package final class ClientContext: @unchecked Sendable {
  let pointer: OpaquePointer

  /// Loads the authorities.
  ///
  /// - Throws: if the file of `trust` has no usable certificate.
  package init(_ trust: ServerTrust) throws(TLSError) {
    ERR_clear_error()
    guard let pointer = unsafe copenssl_client_context() else {
      throw .refused(call: "SSL_CTX_new", reason: TLSError.reason())
    }
    unsafe self.pointer = pointer
    switch trust {
    case .system:
      guard unsafe SSL_CTX_set_default_verify_paths(pointer) == 1 else {
        throw .refused(call: "SSL_CTX_set_default_verify_paths", reason: TLSError.reason())
      }
    case .file(let path):
      try Certificates.check(path, "certificate")
      guard unsafe copenssl_trust(pointer, path) == 1 else {
        throw .unusable(path: path, what: "certificate", reason: TLSError.reason())
      }
    case .unverified: unsafe SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
    }
  }

  /// Accepts any certificate, also with the old versions of TLS and the short keys of devices.
  package static func devices() throws(TLSError) -> ClientContext {
    let context = try ClientContext(.unverified)
    unsafe copenssl_permit_devices(context.pointer)
    return context
  }

  deinit { unsafe SSL_CTX_free(pointer) }

  /// Loads the certificate with which this client authenticates itself.
  ///
  /// - Parameters:
  ///   - certificate: the path of a PEM file with the certificate, and its intermediate ones.
  ///   - key: the path of a PEM file with its key, without a passphrase.
  /// - Throws: if a file is unusable, or the key is that of another certificate.
  package func identify(certificate: String, key: String) throws(TLSError) {
    try unsafe Certificates.use(pointer, certificate: certificate, key: key, chain: nil)
  }
}

extension ServerTrust {
  /// Why the certificates cannot be loaded; nil if they can.
  package var problem: TLSError? {
    do throws(TLSError) {
      _ = try ClientContext(self)
      return nil
    } catch { return error }
  }
}

/// What a server gave to a client, so that the next handshake is shorter.
/// - Source: RFC 8446 §2.2
@safe
package final class ClientTicket: @unchecked Sendable {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

  deinit { unsafe SSL_SESSION_free(pointer) }
}
