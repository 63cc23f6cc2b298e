// SPDX-License-Identifier: Apache-2.0

/// The header of an audio tag, classic or of Enhanced RTMP; of several tracks the default one.
///
/// - Source: Adobe FLV 10.1 §E.4.2; Enhanced RTMP v2, ExAudioTagHeader
package struct FLVAudioTag: Sendable, Equatable {
  /// A codec.
  package enum Codec: Sendable, Equatable {
    case aac
    case mp3
    case opus
    case ac3
    case eac3
    case flac
    /// A codec that is not accepted, by its name.
    case other(String)
    /// That of a track beside the first.
    case ofOtherTrack
  }

  /// A track beside the default one.
  package struct OtherTrack: Sendable, Equatable {
    /// Its number.
    package let number: Int
    /// Its codec.
    package let codec: Codec
  }

  /// The tracks beside the default one.
  package var otherTracks: [OtherTrack] = []
  /// The codec.
  package let codec: Codec
  /// Whether the body is the decoder configuration instead of audio.
  package let isConfiguration: Bool
  /// Hz as the tag declares it; 0 if it does not, or if the codec declares it.
  package let sampleRate: Int
  /// The number of channels as the tag declares it; 0 if it does not, or if the codec declares it.
  package let channels: Int
  /// The range of the body in the tag; empty if it has no audio.
  package let body: Range<Int>
  /// The nanoseconds by which the audio is later than the timestamp of the tag: 0–999,999.
  package let timeOffset: Int

  /// Reads the header; nil if the tag is too short or contradictory.
  package init?(_ tag: [UInt8]) {
    guard let first = tag.first else { return nil }
    do throws(TagReader.End) {
      if first >> 4 == 9 {
        try self.init(enhanced: tag, first)
      } else {
        try self.init(classic: tag, first)
      }
    } catch { return nil }
  }

  private init(classic tag: [UInt8], _ first: UInt8) throws(TagReader.End) {
    var reader = TagReader(tag, from: 1)
    switch first >> 4 {
    case 10:
      codec = .aac
      (sampleRate, channels) = (0, 0)
      isConfiguration = try reader.integer(1) == 0
    case 2, 14:
      codec = .mp3
      let rates = [5512, 11_025, 22_050, 44_100]
      sampleRate = first >> 4 == 14 ? 8000 : rates[Int(first >> 2 & 3)]
      channels = Int(first & 1) + 1
      isConfiguration = false
    default:
      codec = .other(Self.names[first >> 4] ?? "audio codec \(first >> 4)")
      (sampleRate, channels, isConfiguration) = (0, 0, false)
    }
    body = reader.rest
    timeOffset = 0
  }

  private init(enhanced tag: [UInt8], _ first: UInt8) throws(TagReader.End) {
    var reader = TagReader(tag, from: 1)
    let tracks = try reader.tracks(Int(first & 15), multitrack: 5)
    timeOffset = reader.timeOffset
    otherTracks = tracks.filter { $0.number != 0 }
      .map { OtherTrack(number: $0.number, codec: Self.codec($0.fourCC)) }
    guard let track = tracks.first(where: { $0.number == 0 }) else {
      (codec, isConfiguration, sampleRate, channels) = (.ofOtherTrack, false, 0, 0)
      body = reader.rest
      return
    }
    codec = Self.codec(track.fourCC)
    // Opus is always decoded at 48 kHz (RFC 7845 §5.1).
    sampleRate = codec == .opus ? 48_000 : 0
    channels = 0
    isConfiguration = track.packetType == 0
    body = track.packetType <= 1 ? track.body : track.body.upperBound..<track.body.upperBound
  }

  /// The names of codecs that are not accepted.
  private static let names: [UInt8: String] = [
    0: "linear PCM", 1: "ADPCM", 3: "linear PCM", 4: "Nellymoser", 5: "Nellymoser",
    6: "Nellymoser", 7: "G.711 A-law", 8: "G.711 mu-law", 11: "Speex",
  ]

  private static func codec(_ code: FourCC) -> Codec {
    switch code {
    case FourCC("mp4a"): .aac
    case FourCC(".mp3"): .mp3
    case FourCC("Opus"): .opus
    case FourCC("ac-3"): .ac3
    case FourCC("ec-3"): .eac3
    case FourCC("fLaC"): .flac
    default: .other(code.name)
    }
  }
}
