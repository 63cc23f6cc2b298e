// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Digests of bytes, by OpenSSL.
package enum Digest {
  /// SHA-1, which protocols use as a checksum; it protects nothing.
  ///
  /// - Returns: 20 bytes; empty if OpenSSL refuses the algorithm.
  package static func sha1(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    var count: UInt32 = 0
    let done = unsafe EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha1(), nil)
    return done == 1 && count == 20 ? digest : []
  }
}
