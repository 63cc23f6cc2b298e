// SPDX-License-Identifier: Apache-2.0

internal import CMAF
internal import Checked
internal import Media

/// The kind and the identifier of a parameter set: a set replaces the stored one with its key.
///
/// - Source: ITU-T H.264 §7.3.2.1, §7.3.2.2, §7.4.1.2.1; ITU-T H.265 §7.3.2.1 to §7.3.2.3
struct ParameterSetKey: Sendable, Hashable {
  /// nal_unit_type.
  let type: UInt8
  /// The identifier among the sets of the kind; nil if it cannot be read, or is out of range.
  let id: Int?

  /// The most bytes up to an identifier: those of an SPS of HEVC with seven sub-layers.
  private static let headSize = 192

  private init(_ type: UInt8, _ id: Int?) { (self.type, self.id) = (type, id) }

  /// The key of a set, and that of the set to which it refers; nil for an empty one.
  static func keys(
    of set: [UInt8], _ codec: NALCodec
  ) -> (own: ParameterSetKey, parent: ParameterSetKey?)? {
    guard let first = set.first else { return nil }
    var bits = BitReader(unit: set.dropFirst(codec.headerSize).prefix(headSize))
    func limited(_ id: Int?, _ limit: Int) -> Int? { id.flatMap { $0 < limit ? $0 : nil } }
    switch codec {
    case .h264:
      let type = first & 0x1F
      switch type {
      case NALUnits.pps:
        let id = limited(bits.exponential(), 256)
        return (Self(type, id), Self(NALUnits.sps, limited(bits.exponential(), 32)))
      case NALUnits.sps:
        // Profile, constraints and level.
        _ = bits.take(24)
        return (Self(type, limited(bits.exponential(), 32)), nil)
      default:
        // The extension of an SPS, by whose identifier it is known.
        let id = limited(bits.exponential(), 32)
        return (Self(type, id), Self(NALUnits.sps, id))
      }
    case .hevc:
      let type = first >> 1 & 0x3F
      switch type {
      case 32: return (Self(type, bits.take(4)), nil)
      case 33:
        let id = HEVCSequenceHead.identifier(bits)
        return (Self(type, limited(id, 16)), Self(32, bits.take(4)))
      default:
        let id = limited(bits.exponential(), 64)
        return (Self(type, id), Self(33, limited(bits.exponential(), 16)))
      }
    }
  }
}
