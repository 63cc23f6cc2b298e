// SPDX-License-Identifier: Apache-2.0

/// A codec of `--audio-copy`, whose frames are published as the input has them, in a rendition
/// beside that of AAC; the text is libavcodec's name of the codec.
package enum AlternativeAudioCodec: String, Sendable, Hashable, Codable, CaseIterable {
  /// Opus in packets of 20 ms.
  /// - Source: RFC 6716; Encapsulation of Opus in ISO Base Media File Format
  case opus
  /// AC-3.
  /// - Source: ETSI TS 102 366 annex F
  case ac3
  /// E-AC-3 with one program.
  /// - Source: ETSI TS 102 366 annexes E, F
  case eac3
  /// FLAC with frames of one length.
  /// - Source: RFC 9639; Encapsulation of FLAC in ISO Base Media File Format
  case flac
}

/// A track that has the frames of the input beside a track of AAC with the same audio.
package struct AlternativeAudio: Sendable, Hashable, Codable {
  /// The codec.
  package let codec: AlternativeAudioCodec
  /// The name of the track of AAC.
  package let main: String
  /// Samples in a frame.
  package let samplesPerFrame: Int64
}
