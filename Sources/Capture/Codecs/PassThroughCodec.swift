// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// The codecs whose access units can be repackaged without decoding.
package enum PassThroughCodec: String, Sendable, Hashable, Codable {
  /// ITU-T H.264.
  case h264
  /// ITU-T H.265.
  case hevc
  /// AV1, of containers with its configuration record.
  case av1
  /// VP9.
  case vp9

  /// The codec of a pulled input by its libavcodec id; nil for other codecs.
  ///
  /// AV1 needs `extradata` with its configuration record.
  init?(_ id: AVCodecID, extradata: [UInt8]) {
    switch id {
    case AV_CODEC_ID_H264: self = .h264
    case AV_CODEC_ID_HEVC: self = .hevc
    case AV_CODEC_ID_VP9: self = .vp9
    case AV_CODEC_ID_AV1 where AV1Configuration(extradata) != nil: self = .av1
    default: return nil
    }
  }

  /// The libavcodec id.
  var id: AVCodecID {
    switch self {
    case .h264: AV_CODEC_ID_H264
    case .hevc: AV_CODEC_ID_HEVC
    case .av1: AV_CODEC_ID_AV1
    case .vp9: AV_CODEC_ID_VP9
    }
  }

  /// The number of parameter sets without which nothing can be decoded.
  ///
  /// H.264: SPS and PPS. HEVC: VPS, SPS and PPS. AV1: the configuration record. VP9: the properties
  /// of a key frame.
  var minimumParameterSets: Int {
    switch self {
    case .h264: 2
    case .hevc: 3
    case .av1, .vp9: 1
    }
  }

  /// Whether access units consist of NAL units.
  var hasUnits: Bool { self == .h264 || self == .hevc }

  /// The kinds of NAL units that the repackaging distinguishes.
  enum Kind: Sendable, Equatable {
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
    /// Delimiters, filler and end markers, which ISO BMFF does not carry.
    case padding
  }

  /// The kind of a NAL unit whose first byte is `first`.
  /// - Source: ITU-T H.264 table 7-1; ITU-T H.265 table 7-1, §3.1 (leading picture)
  func kind(_ first: UInt8) -> Kind {
    switch self {
    case .h264:
      switch first & 0x1F {
      case 5: .keySlice
      case 1...4: .slice
      case 7, 8, 13: .parameterSet
      case 6: .information
      default: .padding
      }
    case .hevc:
      switch first >> 1 & 0x3F {
      case 16...21: .keySlice
      case 6...9: .leadingSlice
      case 0...5: .slice
      case 32...34: .parameterSet
      case 39, 40: .information
      default: .padding
      }
    case .av1, .vp9: .padding
    }
  }
}
