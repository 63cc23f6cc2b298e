// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// The codecs whose access units are found and repackaged without decoding.
package enum NALCodec: Sendable, Hashable {
  /// ITU-T H.264.
  case h264
  /// ITU-T H.265.
  case hevc

  /// The one of libavcodec's number; nil for others.
  init?(_ id: AVCodecID) {
    switch id {
    case AV_CODEC_ID_H264: self = .h264
    case AV_CODEC_ID_HEVC: self = .hevc
    default: return nil
    }
  }

  /// libavcodec's number.
  var id: AVCodecID { self == .h264 ? AV_CODEC_ID_H264 : AV_CODEC_ID_HEVC }

  /// What a NAL unit is, as far as it matters for cutting.
  enum Kind: Sendable, Equatable {
    /// A slice of a picture with which a segment may begin: an IDR.
    case keySlice
    /// Any other slice.
    case slice
    case parameterSet
    /// SEI, which travels with its picture.
    case information
    /// Delimiters, filler, ends: of no use in ISO BMFF.
    case padding
  }

  /// What the NAL unit that begins with `first` is.
  /// - Source: ITU-T H.264 table 7-1; ITU-T H.265 table 7-1
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
      case 19, 20: .keySlice
      case 0...9, 16...18, 21: .slice
      case 32...34: .parameterSet
      case 39, 40: .information
      default: .padding
      }
    }
  }
}
