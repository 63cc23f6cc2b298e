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
    let bytes: [UInt8]
    let codecs: String
    switch video.passThroughCodec {
    case .h264:
      guard let advanced = Self.advanced(video.parameterSets) else { throw Self.missing(video) }
      codecs = advanced
      let sets: [UInt8] = video.parameterSets.flatMap { [0, 0, 0, 1] + $0 }
      bytes = try CMAFHeader.write(
        .h264, sets, size: size, rate: rate, colour: colour, rotation: rotation)
    case .hevc:
      guard let configuration = HEVCConfiguration(video.parameterSets) else {
        throw Self.missing(video)
      }
      codecs = configuration.codecs
      bytes = try CMAFHeader.write(
        .hevc, configuration.bytes, size: size, rate: rate, colour: colour, rotation: rotation)
    case .av1:
      guard let configuration = video.parameterSets.first.flatMap({ AV1Configuration($0) }) else {
        throw Self.missing(video)
      }
      codecs = configuration.codecs
      bytes = try CMAFHeader.write(
        .av1, configuration.bytes, size: size, rate: rate, colour: colour, rotation: rotation)
    case .vp9:
      guard let key = video.parameterSets.first.flatMap({ VP9FrameHeader(configuration: $0) })
      else { throw Self.missing(video) }
      bytes = try CMAFHeader.write(key, size: size, rate: rate, colour: colour, rotation: rotation)
      do throws(BoxError) { codecs = try MovieHeader(header: bytes).entry.codecs() } catch {
        throw FFmpegError(refused: "\(error)")
      }
    case nil: throw Self.missing(video)
    }
    guard let dolbyVision = video.dolbyVision else {
      (self.bytes, self.codecs) = (bytes, codecs)
      return
    }
    do throws(BoxError) {
      self.bytes = try dolbyVision.added(to: bytes, transfer: video.colour.transfer)
    } catch {
      throw FFmpegError(refused: "\(error)")
    }
    self.codecs = dolbyVision.codecs(for: String(codecs.prefix(4))) ?? codecs
  }

  private static func missing(_ video: InputDescription.Video) -> FFmpegError {
    FFmpegError(refused: "\(video.codec) without its parameter sets")
  }

  /// `avc1.` with profile, constraint flags and level of the SPS in hexadecimal.
  /// - Source: RFC 6381 §3.3
  private static func advanced(_ sets: [[UInt8]]) -> String? {
    guard let sps = sets.first(where: { NALUnits.type($0[0]) == NALUnits.sps && $0.count >= 4 })
    else { return nil }
    // bounded: the guard has checked four bytes
    return "avc1." + hexadecimal(sps[1...3])
  }
}
