// SPDX-License-Identifier: Apache-2.0

/// CRC-32 of sections of MPEG-2 systems.
///
/// The polynomial is 0x04C11DB7, the initial value 0xFFFFFFFF; bits are not reflected.
/// - Source: ISO/IEC 13818-1 Annex A
package enum SectionChecksum {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index) << 24) { value, _ in
      value & 0x8000_0000 == 0 ? value << 1 : value << 1 ^ 0x04C1_1DB7
    }
  }

  /// The remainder over `bytes`; 0 for a whole section with its CRC_32.
  package static func remainder(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(0xFFFF_FFFF) { value, byte in
      value << 8 ^ table[Int(UInt8(truncatingIfNeeded: value >> 24) ^ byte)]
    }
  }
}
