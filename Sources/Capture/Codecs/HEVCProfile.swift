// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The layers of an SPS of HEVC with their profiles: the fields from sps_max_sub_layers_minus1 to
/// profile_tier_level.
///
/// - Source: ITU-T H.265 §7.3.2.2, §7.3.3
struct HEVCProfile {
  /// The first 12 bytes of profile_tier_level: up to the level.
  let bytes: [UInt8]
  /// The number of temporal layers; whether they are nested, 0 or 1.
  let layers, nesting: UInt8

  private static let size = 12

  /// Reads the fields; nil if they end too early.
  init?(_ bits: inout BitReader) {
    guard let layers = bits.take(3), layers < 7, let nesting = bits.take(1) else { return nil }
    var bytes: [UInt8] = []
    for _ in 0..<Self.size {
      guard let octet = bits.take(8) else { return nil }
      bytes.append(UInt8(clamping: octet))
    }
    guard Self.skipSubLayers(&bits, layers) else { return nil }
    self.bytes = bytes
    (self.layers, self.nesting) = (UInt8(layers + 1), UInt8(nesting))
  }

  /// Skips profiles and levels of `count` sub-layers; false at the end.
  private static func skipSubLayers(_ bits: inout BitReader, _ count: Int) -> Bool {
    guard count > 0 else { return true }
    var sizes: [Int] = []
    for layer in 0..<8 {
      guard let hasProfile = bits.take(1), let hasLevel = bits.take(1) else { return false }
      // The rest of eight is reserved.
      // bounded: two bits
      if layer < count { sizes.append(hasProfile * 11 + hasLevel) }
    }
    for _ in 0..<sizes.reduce(0, +) where bits.take(8) == nil { return false }
    return true
  }
}
