// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import CMAF
import Checked
package import Media

/// The CMAF header of a passed-through track, and its codecs string.
package struct PassThroughHeader: Sendable {
  /// `ftyp` and `moov`, written by libavformat.
  package let bytes: [UInt8]
  /// RFC 6381 codecs string, such as `avc1.64001f`, `hvc1.1.6.L93.B0`, `av01.0.04M.08`
  /// or `vp09.00.30.08`.
  package let codecs: String

  /// The header of a track of H.264, HEVC, AV1 or VP9.
  ///
  /// - Parameters:
  ///   - video: the description with all parameter sets.
  ///   - size: the size of the frames as displayed; the header declares their rotation.
  ///   - rate: the frame rate.
  /// - Throws: ``FFmpegError`` if the parameter sets are incomplete or refused.
  package init(
    _ video: InputDescription.Video, size: VideoSize, rate: FrameRate
  ) throws(FFmpegError) {
    let (colour, rotation) = (video.headerColour, video.rotation)
    let size = rotation.unrotated(size)
    let header: [UInt8]
    switch video.passThroughCodec {
    case .vp9:
      guard let key = video.parameterSets.first.flatMap({ VP9FrameHeader(configuration: $0) })
      else { throw Self.missing(video) }
      header = try CMAFHeader.write(key, size: size, rate: rate, colour: colour, rotation: rotation)
    case let codec?:
      guard let setup = Self.setup(codec, video.parameterSets) else { throw Self.missing(video) }
      header = try CMAFHeader.write(
        codec, setup, size: size, rate: rate, colour: colour, rotation: rotation)
    case nil: throw Self.missing(video)
    }
    do throws(BoxError) {
      let codecs = try MovieHeader(header: header).entry.codecs()
      self.codecs = video.dolbyVision?.codecs(for: String(codecs.prefix(4))) ?? codecs
      bytes =
        try video.dolbyVision?.added(to: header, transfer: video.colour.transfer) ?? header
    } catch {
      throw FFmpegError(refused: "\(error)")
    }
  }

  private static func missing(_ video: InputDescription.Video) -> FFmpegError {
    FFmpegError(refused: "\(video.codec) without its parameter sets")
  }

  /// The decoder configuration in the form that libavformat's muxer takes; nil if a parameter set
  /// is missing.
  private static func setup(_ codec: PassThroughCodec, _ sets: [[UInt8]]) -> [UInt8]? {
    switch codec {
    case .h264:
      let hasSPS = sets.contains { $0.count >= 4 && NALUnits.type($0[0]) == NALUnits.sps }
      return hasSPS ? sets.flatMap { [0, 0, 0, 1] + $0 } : nil
    case .hevc: return HEVCConfiguration(sets)?.bytes
    case .av1: return sets.first.flatMap { AV1Configuration($0) }?.bytes
    case .vp9: return nil
    }
  }
}
