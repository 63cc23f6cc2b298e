// SPDX-License-Identifier: Apache-2.0

package import Checked

/// The beginning of a sequence parameter set of HEVC, up to the bit depths.
///
/// - Source: ITU-T H.265 §7.3.2.2.1, §7.3.3
package struct HEVCSequenceHead: Sendable, Equatable {
  /// The bytes of profile_tier_level up to the level.
  package static let profileSize = 12

  /// The profile, tier, compatibility and constraint flags, and level: 12 bytes.
  package let profile: [UInt8]
  /// sps_seq_parameter_set_id.
  package let identifier: Int
  /// chroma_format_idc: 0 to 3.
  package let chroma: UInt8
  /// Whether the colour planes are coded apart.
  package let separatesPlanes: Bool
  /// The size in luma samples, before the conformance window.
  package let width, height: Int
  /// The bit depths minus 8: 0 to 7.
  package let lumaDepth, chromaDepth: UInt8
  /// The number of temporal layers, 1 to 7, and 1 if they are nested.
  package let layers, nesting: UInt8

  /// Reads the set after the header of its NAL unit; nil if it ends too early, or if a number is
  /// beyond its range.
  package init?(_ bits: inout BitReader) {
    guard bits.take(4) != nil, let layers = Self.readLayers(&bits),
      let identifier = bits.exponential(), let chroma = bits.exponential(), chroma <= 3
    else { return nil }
    var separatesPlanes = false
    if chroma == 3 {
      guard let separates = bits.flag() else { return nil }
      separatesPlanes = separates
    }
    guard let width = bits.exponential(), let height = bits.exponential(),
      let hasWindow = bits.flag()
    else { return nil }
    if hasWindow { for _ in 0..<4 { guard bits.exponential() != nil else { return nil } } }
    guard let luma = bits.exponential(), luma <= 7, let other = bits.exponential(), other <= 7
    else { return nil }
    profile = layers.profile
    self.identifier = identifier
    self.chroma = UInt8(chroma)
    self.separatesPlanes = separatesPlanes
    (self.width, self.height) = (width, height)
    (lumaDepth, chromaDepth) = (UInt8(luma), UInt8(other))
    (self.layers, nesting) = (layers.count, layers.nesting)
  }

  /// sps_seq_parameter_set_id of a set after the header of its NAL unit; nil if it ends earlier.
  package static func identifier(_ bits: BitReader) -> Int? {
    var bits = bits
    guard bits.take(4) != nil, readLayers(&bits) != nil else { return nil }
    return bits.exponential()
  }

  /// Reads the fields from sps_max_sub_layers_minus1 to profile_tier_level.
  private static func readLayers(
    _ bits: inout BitReader
  ) -> (count: UInt8, nesting: UInt8, profile: [UInt8])? {
    guard let layers = bits.take(3), layers < 7, let nesting = bits.take(1) else { return nil }
    var profile: [UInt8] = []
    for _ in 0..<profileSize {
      guard let octet = bits.take(8) else { return nil }
      profile.append(UInt8(clamping: octet))
    }
    guard skipSubLayers(&bits, layers) else { return nil }
    return (UInt8(layers + 1), UInt8(nesting), profile)
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
