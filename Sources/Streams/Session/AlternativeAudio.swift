// SPDX-License-Identifier: Apache-2.0

/// `--audio-copy`: a codec of an input's audio that is also published as it comes, beside AAC.
package enum AudioCopyMode: String, Sendable, Hashable, CaseIterable {
  case none, opus

  /// The codec; nil for none.
  package var codec: AlternativeAudioCodec? { self == .opus ? .opus : nil }
}

/// A codec whose frames are published as the input has them, in a rendition beside that of AAC.
package enum AlternativeAudioCodec: String, Sendable, Hashable, Codable {
  /// Opus in packets of 20 ms.
  /// - Source: RFC 6716; Encapsulation of Opus in ISO Base Media File Format
  case opus

  /// libavcodec's name of the codec.
  var name: String { rawValue }
  /// The only sample rate, in Hz.
  /// - Source: RFC 7845 §5.1
  var sampleRate: Int32 { 48_000 }
  /// Samples in a frame.
  package var samplesPerFrame: Int64 { 960 }
}

/// A track that has the frames of the input beside a track of AAC with the same audio.
package struct AlternativeAudio: Sendable, Hashable, Codable {
  /// The codec.
  package let codec: AlternativeAudioCodec
  /// The name of the track of AAC.
  package let main: String

  /// An alternative of the track `main`.
  package init(_ codec: AlternativeAudioCodec, of main: String) {
    self.codec = codec
    self.main = main
  }
}
