// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// AES-128 in CBC mode over the protected blocks of samples, in place.
///
/// - Source: ISO/IEC 23001-7 §9.6 (pattern), §10.4.2 (cbcs)
@safe
package struct PatternCipher: ~Copyable {
  /// The numbers of encrypted blocks of 16 bytes, and of clear ones after them.
  package struct Pattern: Sendable, Equatable {
    package let encrypted: Int, clear: Int
    /// One block of ten: video.
    package static let video = Pattern(encrypted: 1, clear: 9)
    /// All blocks: audio.
    package static let all = Pattern(encrypted: 1, clear: 0)
  }

  private let context: OpaquePointer
  private let vector: [UInt8]

  /// A cipher with the key and the IV; nil if OpenSSL has no memory or not the algorithm.
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - decrypts: whether it decrypts, for tests.
  package init?(_ key: ContentKey, decrypts: Bool = false) {
    guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
    let isReady = unsafe key.secret.withBytes { secret in
      unsafe EVP_CipherInit_ex(
        context, EVP_aes_128_cbc(), nil, secret.bindMemory(to: UInt8.self).baseAddress, key.vector,
        decrypts ? 0 : 1) == 1 && EVP_CIPHER_CTX_set_padding(context, 0) == 1
    }
    guard isReady else {
      unsafe EVP_CIPHER_CTX_free(context)
      return nil
    }
    unsafe self.context = context
    vector = key.vector
  }

  deinit { unsafe EVP_CIPHER_CTX_free(context) }

  /// Encrypts a protected range; IV and pattern start again with it, and a block that is not whole
  /// stays clear.
  ///
  /// - Returns: whether OpenSSL has encrypted all blocks.
  package mutating func apply(
    _ bytes: inout [UInt8], _ range: Range<Int>, _ pattern: Pattern
  ) -> Bool {
    let range = range.clamped(to: bytes.indices)
    guard range.count >= 16 else { return true }
    let context = unsafe context
    let vector = vector
    return unsafe bytes.withUnsafeMutableBytes { memory in
      guard unsafe EVP_CipherInit_ex(context, nil, nil, nil, vector, -1) == 1,
        let base = unsafe memory.bindMemory(to: UInt8.self).baseAddress
      else { return false }
      var start = range.lowerBound
      // bounded: a range of the bytes
      while range.upperBound - start >= 16 {
        let left = (range.upperBound - start) / 16
        let blocks = pattern.clear == 0 ? left : min(pattern.encrypted, left)
        var written: Int32 = 0
        let place = unsafe base + start
        guard
          // bounded: bytes in memory
          unsafe EVP_CipherUpdate(context, place, &written, place, Int32(clamping: blocks * 16))
            == 1, Int(written) == blocks * 16  // bounded: bytes in memory
        else { return false }
        // bounded: blocks in memory, and at most 9
        start += (blocks + pattern.clear) * 16
      }
      return true
    }
  }
}
