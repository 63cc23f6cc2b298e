// SPDX-License-Identifier: Apache-2.0

internal import CMAF
import Checked

/// The HEVCDecoderConfigurationRecord of a passed-through track, and its codecs string.
///
/// libavformat could derive the record, but it follows counts in damaged parameter sets for
/// minutes.
/// - Source: ISO/IEC 14496-15 §8.3.3.1 and Annex E.3; ITU-T H.265 §7.3.2.2 and §7.3.3
struct HEVCConfiguration {
  /// The record, with all parameter sets.
  let bytes: [UInt8]
  /// `hvc1.` with profile space and profile, compatibility flags, tier and level, and constraint
  /// flags.
  let codecs: String

  /// The bytes of profile_tier_level up to the level.
  private static let profileSize = 12
  /// The most bytes of an SPS up to the bit depths: seven sub-layers, and numbers of 63 bits.
  private static let headSize = 256

  /// The configuration of VPS, SPS and PPS, each without a start code.
  ///
  /// Nil without an SPS that can be read up to the bit depths, or if the sets do not fit into the
  /// record.
  init?(_ sets: [[UInt8]]) {
    guard let sps = sets.first(where: { Self.type($0) == 33 }),
      let head = Head(sps.dropFirst(2).prefix(Self.headSize))
    else { return nil }
    codecs = SampleEntry.codecs(hevc: "hvc1", head.profile)
    var bytes: [UInt8] = [1]
    bytes += head.profile
    // No minimum of spatial segmentation, and any parallelism.
    bytes += [0xF0, 0, 0xFC, 0xFC | head.chroma, 0xF8 | head.lumaDepth, 0xF8 | head.chromaDepth]
    // No frame rate; then temporal layers and their nesting, and lengths of four bytes.
    bytes += [0, 0, head.layers << 3 | head.nesting << 2 | 3]
    let kinds = [32, 33, 34].map { kind in sets.filter { Self.type($0) == kind } }
      .filter { !$0.isEmpty }
    bytes.append(UInt8(kinds.count))
    for kind in kinds {
      guard let number = UInt16(exactly: kind.count), let type = kind.first.flatMap(Self.type)
      else { return nil }
      // All sets of the kind are in the record.
      bytes += [0x80 | type] + number.bigEndianBytes()
      for set in kind {
        guard let size = UInt16(exactly: set.count) else { return nil }
        bytes += size.bigEndianBytes() + set
      }
    }
    self.bytes = bytes
  }

  /// The beginning of an SPS.
  private struct Head {
    let profile: [UInt8]
    let chroma, lumaDepth, chromaDepth, layers, nesting: UInt8

    /// Nil if it ends too early, or if a number is beyond its range.
    init?(_ coded: ArraySlice<UInt8>) {
      var bits = BitReader(unit: coded)
      guard bits.take(4) != nil, let layers = bits.take(3), layers < 7, let nesting = bits.take(1)
      else { return nil }
      var profile: [UInt8] = []
      for _ in 0..<HEVCConfiguration.profileSize {
        guard let octet = bits.take(8) else { return nil }
        profile.append(UInt8(clamping: octet))
      }
      self.profile = profile
      guard Self.skipSubLayers(&bits, layers), bits.exponential() != nil,
        let chroma = bits.exponential(), chroma <= 3
      else { return nil }
      if chroma == 3 { _ = bits.take(1) }
      guard bits.exponential() != nil, bits.exponential() != nil,
        let hasWindow = bits.take(1)
      else { return nil }
      if hasWindow == 1 { for _ in 0..<4 { _ = bits.exponential() } }
      guard let luma = bits.exponential(), luma <= 7, let other = bits.exponential(),
        other <= 7
      else { return nil }
      self.layers = UInt8(layers + 1)
      self.nesting = UInt8(nesting)
      self.chroma = UInt8(chroma)
      (lumaDepth, chromaDepth) = (UInt8(luma), UInt8(other))
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

  /// The type of a NAL unit; nil if it is empty.
  private static func type(_ set: [UInt8]) -> UInt8? { set.first.map { $0 >> 1 & 0x3F } }
}
