// SPDX-License-Identifier: Apache-2.0

/// The codecs whose access units consist of NAL units.
package enum NALCodec: Sendable, Hashable {
  /// ITU-T H.264.
  case h264
  /// ITU-T H.265.
  case hevc

  /// The kinds of NAL units that the repackaging distinguishes.
  package enum Kind: Sendable, Equatable {
    /// A slice of a frame with which a segment may start: an IDR, of HEVC also a BLA or a CRA.
    ///
    /// With leading pictures a segment that starts with a BLA or a CRA shows not all its frames.
    case keySlice
    /// A slice of a leading picture, RASL or RADL: shown before the key frame that precedes it.
    case leadingSlice
    /// Any other slice.
    case slice
    case parameterSet
    /// SEI, which stays with its access unit.
    case information
    /// Metadata or the enhancement layer of Dolby Vision, in types that the codecs leave open.
    case dolbyVision
    /// Delimiters, filler and end markers, which ISO BMFF does not carry.
    case padding

    /// Whether it is a slice.
    package var isSlice: Bool { self == .keySlice || self == .leadingSlice || self == .slice }
  }

  /// The bytes of the header of a NAL unit.
  package var headerSize: Int { self == .h264 ? 1 : 2 }

  /// The kind of a NAL unit whose first byte is `first`.
  /// - Source: ITU-T H.264 table 7-1; ITU-T H.265 table 7-1, §3.1 (leading picture)
  package func kind(_ first: UInt8) -> Kind {
    switch self {
    case .h264:
      switch first & 0x1F {
      case 5: .keySlice
      case 1...4: .slice
      case 7, 8, 13: .parameterSet
      case 6: .information
      case 28, 30: .dolbyVision
      default: .padding
      }
    case .hevc:
      switch first >> 1 & 0x3F {
      case 16...21: .keySlice
      case 6...9: .leadingSlice
      case 0...5: .slice
      case 32...34: .parameterSet
      case 39, 40: .information
      case 62, 63: .dolbyVision
      default: .padding
      }
    }
  }

  /// The types of parameter sets, in the order in which a decoder needs them: of H.264 SPS, SPS
  /// extension and PPS, of HEVC VPS, SPS and PPS.
  ///
  /// - Source: ITU-T H.264 §7.4.1.2.3; ITU-T H.265 §7.4.2.4.4
  private var parameterSetTypes: [UInt8] { self == .h264 ? [7, 13, 8] : [32, 33, 34] }

  /// The parameter sets among NAL units without start codes, each once, in the order in which a
  /// decoder needs them.
  package func parameterSets(among units: [[UInt8]]) -> [[UInt8]] {
    var seen: Set<[UInt8]> = []
    return parameterSetTypes.flatMap { type in
      units.filter { unit in
        guard let first = unit.first else { return false }
        let found = self == .h264 ? first & 0x1F : first >> 1 & 0x3F
        return found == type && seen.insert(unit).inserted
      }
    }
  }

  /// Whether the first byte of a NAL unit is that of an access unit delimiter.
  ///
  /// - Source: ITU-T H.264 table 7-1; ITU-T H.265 table 7-1
  package func isDelimiter(_ first: UInt8) -> Bool {
    self == .h264 ? first & 0x1F == 9 : first >> 1 & 0x3F == 35
  }

  /// Whether a slice is the first one of its picture.
  ///
  /// - Parameter slice: the NAL unit, from its header on.
  /// - Returns: false also for a slice without content.
  /// - Source: ITU-T H.264 §7.3.3 (first_mb_in_slice); H.265 §7.3.6.1
  ///   (first_slice_segment_in_pic_flag)
  package func startsPicture(_ slice: Span<UInt8>) -> Bool {
    slice.count > headerSize && slice[headerSize] & 0x80 != 0
  }
}
