internal import Media

/// One coded AAC frame: a raw data block, without ADTS header.
package struct EncodedAudioFrame: Sendable, Hashable {
  /// The first of its 1024 samples, since 1970; a multiple of 1024.
  package let position: Int64
  /// The raw data block, as it stands in `mdat`.
  package let bytes: [UInt8]

  /// j: which AAC frame since 1970 it is.
  package var index: Int64 { position / AudioCadence.samplesPerFrame }
}
