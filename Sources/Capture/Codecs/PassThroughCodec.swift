// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Ingest
internal import Media

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

  /// The codec of a publisher; nil for those of audio, and for VP8, which is decoded.
  init?(_ codec: TrackConfiguration.Codec) {
    switch codec {
    case .h264: self = .h264
    case .hevc: self = .hevc
    case .av1: self = .av1
    case .vp9: self = .vp9
    case .vp8, .aac, .mp3, .opus, .ac3, .eac3, .flac: return nil
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

  /// The codec of the NAL units of which access units consist; nil if they have none.
  var units: NALCodec? {
    switch self {
    case .h264: .h264
    case .hevc: .hevc
    case .av1, .vp9: nil
    }
  }

  /// Whether access units consist of NAL units.
  var hasUnits: Bool { units != nil }
}
