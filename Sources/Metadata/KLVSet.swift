// SPDX-License-Identifier: Apache-2.0

import Checked

/// A set of key, length and value, as in MISB ST 0601.
///
/// Only the frame of the first set is read: the meaning of its value is that of its readers.
/// - Source: SMPTE ST 336 §6; MISB ST 0107
package struct KLVSet: Sendable, Equatable {
  /// The bytes of a universal key.
  static let keyLength = 16
  /// The first bytes of all universal keys.
  private static let designator: [UInt8] = [0x06, 0x0E, 0x2B, 0x34]

  /// The sets of a packet.
  package let bytes: [UInt8]

  /// The sets of a packet; nil if the first one has no universal key, or ends after the packet.
  package init?(_ bytes: [UInt8]) {
    guard bytes.starts(with: Self.designator) else { return nil }
    var cursor = ByteCursor(bytes, from: Self.keyLength)
    guard let first = cursor.integer(1) else { return nil }
    var length = first
    if first >= 0x80 {
      guard (1...4).contains(first & 0x7F), let long = cursor.integer(first & 0x7F) else {
        return nil
      }
      length = long
    }
    guard cursor.take(length) != nil else { return nil }
    self.bytes = bytes
  }
}
