// SPDX-License-Identifier: Apache-2.0

package import Checked

extension ByteCursor {
  /// Reads parameter sets of a decoder configuration, each after its size of two bytes.
  ///
  /// - Returns: false if the bytes end earlier.
  package mutating func takeSets(_ count: Int, _ add: (ArraySlice<UInt8>) -> Void) -> Bool {
    for _ in 0..<count {
      guard let size = integer(2), let range = take(size) else { return false }
      add(bytes[range])
    }
    return true
  }
}
