// SPDX-License-Identifier: Apache-2.0

internal import Checked
internal import Ingest
package import Media

/// The streams of an input.
package struct InputDescription: Sendable, Equatable, Codable {
  /// The video stream.
  package struct Video: Sendable, Equatable, Codable {
    /// The members that a process sends: not the hints for its decoder.
    private enum CodingKeys: CodingKey {
      case passThroughCodec, codec, width, height, rate, parameterSets, configuration, rotation
      case dolbyVision, declaredColour, frames
    }

    /// The codec, if it can be passed through.
    package var passThroughCodec: PassThroughCodec?
    /// libavcodec's name of the codec.
    package var codec: String
    /// Displayed width in square pixels.
    package var width: Int
    /// Displayed height in pixels.
    package var height: Int
    /// The declared frame rate; nil if the source declares none.
    package var rate: FrameRate?
    /// The rate that a publisher names, in frames per 1,000 seconds; nil for none.
    ///
    /// Weaker than ``rate``: decides among those that the timestamps permit alike.
    package var namedMillihertz: Int?
    /// Parameter sets, each without length or start code; empty for codecs other than H.264 and
    /// HEVC.
    package var parameterSets: [[UInt8]]
    /// The decoder configuration of other codecs; empty for H.264 and HEVC.
    package var configuration: [UInt8]
    /// Properties of the container for the decoder.
    package var coded = DecoderHints()
    /// The rotation for display, as declared by the SEI of the newest key frame, or else by the
    /// container or the publisher.
    package var rotation = Rotation.none
    /// The Dolby Vision that the container or the publisher declares; nil if it declares none.
    package var dolbyVision: DolbyVision?
    /// The colours that the container or the publisher declares; nil if it declares no code point.
    package var declaredColour: ColourDescription?
    /// The properties of decoded frames; those of usual video before the first one.
    package var frames = FrameProperties()

    /// What the CMAF header of passed-through video depends on: another value needs another header.
    package var coding: [[UInt8]] {
      parameterSets + [
        Array(codec.utf8), [UInt8(clamping: rotation.rawValue)], dolbyVision?.record ?? [],
        declaredColour?.record ?? [],
      ]
    }

    /// The most pixels of a frame that is encoded without an explicit size: 3840x2160.
    private static let maximumPixels = 3840.0 * 2160
    private static let sides = 64.0...7680

    /// The size that is encoded unless another is requested: the nearest one with even sides.
    ///
    /// Larger frames than 3840x2160 are reduced, since no usual machine encodes them in time.
    package var size: VideoSize? {
      let (width, height) = (Double(max(1, width)), Double(max(1, height)))
      let scale = min(
        // bounded: floating
        1, (Self.maximumPixels / (width * height)).squareRoot(),
        // bounded: floating
        Self.sides.upperBound / max(width, height))
      func side(_ length: Double) -> Int {
        // bounded: floating
        Int(clamping: min(Self.sides.upperBound, max(Self.sides.lowerBound, length * scale))) & ~1
      }
      return VideoSize(width: side(width), height: side(height))
    }
  }

  /// The audio stream.
  package struct Audio: Sendable, Equatable, Codable {
    /// libavcodec's name of the codec.
    package var codec: String
    /// The sample rate in Hz; 0 if not yet known.
    package var sampleRate: Int
    /// The number of channels; 0 if not yet known.
    package var channels: Int
    /// The decoder configuration, such as the AudioSpecificConfig of AAC; of AC-3 and E-AC-3 the
    /// content of `dac3` and `dec3`.
    package var configuration: [UInt8]
    /// The language that the container declares.
    package var language = Language.undetermined
    /// The audience that the container declares.
    package var purpose = AudioPurpose.main
    /// The name for viewers that the container declares; nil if it declares none.
    package var label: String?
    /// The position of the track for viewers; of equal ones the first of the container precedes.
    package var rank = 0
    /// Whether the container has the track no longer.
    package var isAbsent = false

    /// Codec, language and audience, for the log.
    package var title: String {
      let tag = language == .undetermined ? "" : language.tag
      let words = [tag, purpose.words].filter { !$0.isEmpty }
      return words.isEmpty ? codec : "\(codec) (\(words.joined(separator: ", ")))"
    }
  }

  /// The members that a process sends: not the audio that is left out.
  private enum CodingKeys: CodingKey { case format, video, otherVideos, audio, otherAudio, isPaced }

  /// The most audio tracks of an input.
  package static let maximumAudioTracks = TrackConfiguration.maximumAudioTracks

  /// libavformat's name of the container or session format.
  package var format: String
  /// The video stream.
  package var video: Video
  /// Other renditions of the same frames, with the same key frames.
  package var otherVideos: [Video] = []
  /// The first audio track; nil if the input has none.
  package var audio: Audio?
  /// The audio tracks after the first, in the order of the container.
  package var otherAudio: [Audio] = []
  /// Audio streams that the input does not supply.
  package var leftOutAudio: [Audio] = []
  /// Whether the input is read faster than it plays, so that its timestamps must pace it.
  package var isPaced: Bool

  /// The streams of an input.
  package init(format: String, video: Video, audio: Audio? = nil, isPaced: Bool) {
    self.format = format
    self.video = video
    self.audio = audio
    self.isPaced = isPaced
  }

  /// All audio tracks, that of ``audio`` first.
  package var audioTracks: [Audio] { audio.map { [$0] + otherAudio } ?? [] }

  /// The indices of ``audioTracks`` by rank.
  package static func order(of tracks: [Audio]) -> [Int] {
    tracks.indices.sorted { (tracks[$0].rank, $0) < (tracks[$1].rank, $1) }
  }

  /// All renditions, that of ``video`` first.
  package var videos: [Video] { [video] + otherVideos }

  /// Indices into ``videos``, the largest size first.
  package var videosBySize: [Int] {
    let pixels = videos.map { $0.width.multipliedReportingOverflow(by: $0.height).partialValue }
    return videos.indices.sorted { (pixels[$1], $0) < (pixels[$0], $1) }
  }

  /// Whether the input is a playlist of files.
  package var isPlaylist: Bool { format.hasPrefix("hls") || format.hasPrefix("dash") }
}
