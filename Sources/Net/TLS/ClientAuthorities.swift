// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import System

/// The authorities of clients' certificates, and what they have revoked, as PEM files.
package struct ClientAuthorities: Sendable, Equatable {
  /// The file with the certificates of the authorities.
  package let path: String
  /// The file with their revocation lists; nil for none.
  package let revoked: String?

  /// What the files hold, as errors name it.
  package static let what = (authority: "client authority", list: "revocation list")

  /// Files that are read with the certificate of the server, and again with it.
  package init(_ path: String, revoked: String? = nil) {
    self.path = path
    self.revoked = revoked
  }

  /// Lets the servers of a context ask for certificates.
  @unsafe func use(_ context: OpaquePointer) throws(TLSError) {
    let content = try Self.content(path, Self.what.authority)
    let lists = try revoked.map { path throws(TLSError) in
      try Self.content(path, Self.what.list)
    }
    ERR_clear_error()
    switch unsafe copenssl_ask_clients(context, path, revoked) {
    case 1: break
    case 0: throw .unusable(path: path, what: Self.what.authority, reason: TLSError.reason())
    default:
      throw .unusable(
        path: revoked ?? path, what: Self.what.list, reason: TLSError.reason())
    }
    ERR_clear_error()
    // A session of before a change is not resumed: its certificate is verified again.
    let digest = Digest.hmacSHA256(content + (lists ?? []), key: Array("sessions".utf8))
    unsafe SSL_CTX_set_session_id_context(context, digest, UInt32(digest.count))
  }

  private static func content(_ path: String, _ what: String) throws(TLSError) -> [UInt8] {
    do throws(RegularFile.Failure) {
      return try RegularFile.read(path)
    } catch { throw .unusable(path: path, what: what, reason: error.reason) }
  }
}
