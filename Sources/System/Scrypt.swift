// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The password hash scrypt, by OpenSSL: each computation needs much memory, so that guesses are
/// expensive.
///
/// - Source: RFC 7914
package enum Scrypt {
  /// The cost of one computation.
  package struct Cost: Sendable, Hashable {
    /// The largest memory of one computation, in bytes.
    package static let mostMemory = 64 << 20
    /// 32 MiB of memory, and some 60 ms of a processor.
    package static let usual = Cost(checkedLog: 15, block: 8, lanes: 1)

    /// The binary logarithm of N, the number of blocks: 10–20.
    package let logarithm: Int
    /// r, the size of a block in units of 128 bytes: 1–32.
    package let block: Int
    /// p, the number of repetitions: 1–16.
    package let lanes: Int

    private init(checkedLog logarithm: Int, block: Int, lanes: Int) {
      self.logarithm = logarithm
      self.block = block
      self.lanes = lanes
    }

    /// A cost; nil if a value is out of its range or the memory above ``mostMemory``.
    package init?(logarithm: Int, block: Int, lanes: Int) {
      guard (10...20).contains(logarithm), (1...32).contains(block), (1...16).contains(lanes),
        // bounded: at most 2^32
        128 * (1 << logarithm) * block <= Self.mostMemory
      else { return nil }
      self.init(checkedLog: logarithm, block: block, lanes: lanes)
    }

    /// The memory that OpenSSL may allocate, in bytes: V, one more block, and B.
    fileprivate var memory: UInt64 {
      // bounded: by the ranges of the properties
      UInt64(128 * block * ((1 << logarithm) + 2 + lanes) + 1 << 20)
    }
  }

  /// Derives `count` bytes from a password; blocks for the time of the computation.
  ///
  /// - Returns: the bytes; nil without memory.
  package static func derive(
    _ count: Int, from password: [UInt8], salt: [UInt8], _ cost: Cost
  ) -> [UInt8]? {
    var derived = [UInt8](repeating: 0, count: count)
    let done = unsafe copenssl_scrypt(
      password, password.count, salt, salt.count, 1 << UInt64(cost.logarithm), UInt32(cost.block),
      UInt32(cost.lanes), cost.memory, &derived, count)
    return done == 1 ? derived : nil
  }
}
