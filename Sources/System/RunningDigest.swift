// SPDX-License-Identifier: Apache-2.0

import COpenSSL
package import Sharing

/// The SHA-256 of bytes that are added in pieces.
@safe
package final class RunningDigest {
  private let context: OpaquePointer?

  /// The digest of no bytes.
  package init() {
    unsafe context = EVP_MD_CTX_new()
    unsafe _ = EVP_DigestInit_ex(context, EVP_sha256(), nil)
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Adds bytes in `range`, which is limited to those that exist.
  package func add(_ bytes: SharedBytes, _ range: Range<Int>) {
    let range = range.clamped(to: 0..<bytes.count)
    unsafe _ = EVP_DigestUpdate(context, bytes.start + range.lowerBound, range.count)
  }

  /// Adds bytes.
  package func add(_ bytes: [UInt8]) {
    unsafe _ = EVP_DigestUpdate(context, bytes, bytes.count)
  }

  /// The digest of all bytes; called once.
  ///
  /// - Returns: 32 bytes; empty if OpenSSL refuses the algorithm.
  package func bytes() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    let done = unsafe EVP_DigestFinal_ex(context, &digest, &count)
    return done == 1 && count == 32 ? digest : []
  }
}
