// SPDX-License-Identifier: Apache-2.0

package import Sharing
import System

/// A frame as a JPEG.
package struct Still: Sendable {
  /// The JPEG.
  package let bytes: SharedBytes
  /// The first half of its SHA-256, as 32 hexadecimal digits: equal for equal pictures, whenever
  /// and wherever they were made.
  package let tag: String

  /// A still of a JPEG.
  package init(_ bytes: SharedBytes) {
    self.bytes = bytes
    let digest = RunningDigest()
    digest.add(bytes, 0..<bytes.count)
    tag = digest.bytes().prefix(16).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}
