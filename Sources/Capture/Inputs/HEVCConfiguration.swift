// SPDX-License-Identifier: Apache-2.0

internal import CMAF
import Checked

/// The HEVCDecoderConfigurationRecord of a passed-through track.
///
/// libavformat could derive the record, but it follows counts in damaged parameter sets for
/// minutes.
/// - Source: ISO/IEC 14496-15 §8.3.3.1 and Annex E.3; ITU-T H.265 §7.3.2.2 and §7.3.3
struct HEVCConfiguration {
  /// The record, with all parameter sets.
  let bytes: [UInt8]

  /// The most bytes of an SPS up to the bit depths: seven sub-layers, and numbers of 63 bits.
  private static let headSize = 256

  /// The configuration of VPS, SPS and PPS, each without a start code.
  ///
  /// Nil without an SPS that can be read up to the bit depths, or if the sets do not fit into the
  /// record.
  init?(_ sets: [[UInt8]]) {
    guard let sps = sets.first(where: { Self.type($0) == 33 }) else { return nil }
    var bits = BitReader(unit: sps.dropFirst(2).prefix(Self.headSize))
    guard let head = HEVCSequenceHead(&bits) else { return nil }
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

  /// The type of a NAL unit; nil if it is empty.
  private static func type(_ set: [UInt8]) -> UInt8? { set.first.map { $0 >> 1 & 0x3F } }
}
