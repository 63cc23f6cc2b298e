// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A public key on the curve P-256, which verifies signatures of ES256 (RFC 7518 §3.4).
///
/// OpenSSL permits the use of a key by several threads while it is not changed.
@safe
package final class SignatureKey: @unchecked Sendable {
  private let key: OpaquePointer

  /// The key in a text of PEM; nil for any other text, and for a key on another curve.
  package init?(pem: [UInt8]) {
    guard let key = unsafe copenssl_public_key(pem, Int32(clamping: pem.count)) else {
      return nil
    }
    unsafe self.key = key
  }

  deinit { unsafe EVP_PKEY_free(key) }

  /// Whether `signature` is that of the bytes by the owner of the key.
  package func verifies(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
    guard signature.count == 64 else { return false }
    return unsafe copenssl_verify(key, bytes, bytes.count, signature) == 1
  }
}
