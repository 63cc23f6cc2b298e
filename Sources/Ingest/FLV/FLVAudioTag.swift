// SPDX-License-Identifier: Apache-2.0

/// The header of an audio tag, classic or of Enhanced RTMP; of several tracks that of one.
///
/// - Source: Adobe FLV 10.1 §E.4.2; Enhanced RTMP v2, ExAudioTagHeader
package struct FLVAudioTag: Sendable, Equatable {
  /// The number of the track, 0 to 255; 0 is the default one.
  package let track: Int
  /// Whether the tag gives its tracks numbers.
  package let isMultitrack: Bool
  /// The codec.
  package let codec: TagCodec
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

  /// The headers of all tracks of a tag, each number once.
  ///
  /// - Throws: ``TagFault`` if the tag is malformed.
  package static func tracks(of tag: [UInt8]) throws(TagFault) -> [FLVAudioTag] {
    guard let first = tag.first else { throw .truncated }
    guard isEnhanced(tag) else { return [try FLVAudioTag(classic: tag, first)] }
    var reader = TagReader(tag, from: 1)
    var found: [FLVAudioTag] = []
    for track in try reader.tracks(Int(first & 15), multitrack: 5) {
      found.append(FLVAudioTag(track, of: reader))
    }
    return found
  }

  /// Whether a tag has the form of Enhanced RTMP.
  package static func isEnhanced(_ tag: [UInt8]) -> Bool { tag.first.map { $0 >> 4 == 9 } ?? false }

  private init(classic tag: [UInt8], _ first: UInt8) throws(TagFault) {
    var reader = TagReader(tag, from: 1)
    switch first >> 4 {
    case 10:
      codec = .known(.aac)
      (sampleRate, channels) = (0, 0)
      isConfiguration = try reader.integer(1) == 0
    case 2, 14:
      codec = .known(.mp3)
      let rates = [5512, 11_025, 22_050, 44_100]
      sampleRate = first >> 4 == 14 ? 8000 : rates[Int(first >> 2 & 3)]
      channels = Int(first & 1) + 1
      isConfiguration = false
    default:
      codec = .other(Self.names[first >> 4] ?? "audio codec \(first >> 4)")
      (sampleRate, channels, isConfiguration) = (0, 0, false)
    }
    body = reader.rest
    (track, isMultitrack, timeOffset) = (0, false, 0)
  }

  /// The header of a track of an enhanced tag.
  private init(_ track: TagReader.Track, of reader: TagReader) {
    self.track = track.number
    isMultitrack = reader.isMultitrack
    timeOffset = reader.timeOffset
    codec = Self.codec(track.fourCC)
    // Opus is always decoded at 48 kHz (RFC 7845 §5.1).
    sampleRate = codec == .known(.opus) ? 48_000 : 0
    channels = 0
    isConfiguration = track.packetType == 0
    body = track.packetType <= 1 ? track.body : track.body.upperBound..<track.body.upperBound
  }

  /// The names of codecs that are not accepted.
  private static let names: [UInt8: String] = [
    0: "linear PCM", 1: "ADPCM", 3: "linear PCM", 4: "Nellymoser", 5: "Nellymoser",
    6: "Nellymoser", 7: "G.711 A-law", 8: "G.711 mu-law", 11: "Speex",
  ]

  private static func codec(_ code: FourCC) -> TagCodec {
    switch code {
    case FourCC("mp4a"): .known(.aac)
    case FourCC(".mp3"): .known(.mp3)
    case FourCC("Opus"): .known(.opus)
    case FourCC("ac-3"): .known(.ac3)
    case FourCC("ec-3"): .known(.eac3)
    case FourCC("fLaC"): .known(.flac)
    default: .other(code.name)
    }
  }
}
