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

  /// The algorithms of HTTP Digest.
  /// - Source: RFC 7616 §6.1
  package enum Algorithm: Sendable, Equatable {
    case md5
    case sha256
    case sha512of256
  }

  /// A digest of one of several algorithms.
  ///
  /// - Returns: 16 or 32 bytes; empty if OpenSSL refuses the algorithm.
  package static func hash(_ bytes: [UInt8], _ algorithm: Algorithm) -> [UInt8] {
    let type: OpaquePointer?
    switch algorithm {
    case .md5: unsafe type = EVP_md5()
    case .sha256: unsafe type = EVP_sha256()
    case .sha512of256: unsafe type = EVP_sha512_256()
    }
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    let done = unsafe EVP_Digest(bytes, bytes.count, &digest, &count, type, nil)
    return done == 1 ? Array(digest.prefix(Int(count))) : []
  }

  /// HMAC with SHA-256, RFC 2104.
  ///
  /// - Returns: 32 bytes; empty if OpenSSL refuses the key.
  package static func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    let result = unsafe HMAC(
      EVP_sha256(), key, Int32(clamping: key.count), bytes, bytes.count, &digest, &count)
    return unsafe result != nil && count == 32 ? digest : []
  }

  /// Whether both are equal and not empty; the time does not depend on their content.
  package static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count, !one.isEmpty else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(one, other) { difference |= a ^ b }
    return difference == 0
  }

  /// Random bytes for secrets and names.
  ///
  /// - Returns: `count` bytes; empty if OpenSSL has no entropy.
  package static func random(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let done = unsafe RAND_bytes(&bytes, Int32(clamping: count))
    return done == 1 ? bytes : []
  }
}
