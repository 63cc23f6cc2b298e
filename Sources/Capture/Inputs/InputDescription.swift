// SPDX-License-Identifier: Apache-2.0

package import Media

/// What an input carries.
package struct InputDescription: Sendable, Equatable {
  /// Its picture.
  package struct Video: Sendable, Equatable {
    /// The codec where it is one that can be passed through.
    package var nalCodec: NALCodec?
    /// The codec's name, as libavcodec calls it.
    package var codec: String
    /// Pixels in a row and rows, as shown, with square pixels.
    package var width: Int
    /// Rows.
    package var height: Int
    /// Pictures a second, where the source says it.
    package var rate: FrameRate?
    /// Parameter sets, each without length or start code; empty with other codecs.
    package var parameterSets: [[UInt8]]
    /// What a decoder of another codec must know beforehand; empty with H.264 and HEVC.
    package var configuration: [UInt8]
    /// What the container says of the coded pictures.
    package var coded = DecoderHints()
    /// How the container wants them turned to stand upright.
    package var turn = Rotation.none

    /// The nearest size that can be coded: even sides.
    package var size: VideoSize? {
      VideoSize(
        width: min(7680, max(64, width & ~1)), height: min(7680, max(64, height & ~1)))
    }
  }

  /// Its sound.
  package struct Audio: Sendable, Equatable {
    /// The codec's name, as libavcodec calls it.
    package var codec: String
    /// Samples a second; 0 where it is not known yet.
    package var sampleRate: Int
    /// Channels; 0 where it is not known yet.
    package var channels: Int
    /// What a decoder must know beforehand: the AudioSpecificConfig of AAC.
    package var configuration: [UInt8]
  }

  /// The container or session format, as libavformat calls it.
  package var format: String
  /// Its picture.
  package var video: Video
  /// Its sound; nil without.
  package var audio: Audio?
  /// Whether it is read faster than it plays, so that its own stamps must pace it.
  package var isPaced: Bool
}
