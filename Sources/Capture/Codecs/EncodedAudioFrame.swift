// SPDX-License-Identifier: Apache-2.0

internal import Media

/// One coded audio frame: of AAC a raw data block without ADTS header.
package struct EncodedAudioFrame: Sendable, Hashable {
  /// The position of its first sample, in samples since 1970; a multiple of ``length``.
  package let position: Int64
  /// The frame as in `mdat`.
  package let bytes: [UInt8]
  /// The number of its samples.
  package let length: Int64

  /// A frame at a position.
  package init(
    position: Int64, bytes: [UInt8], length: Int64 = AudioSegmentation.samplesPerAACFrame
  ) {
    self.position = position
    self.length = max(1, length)
    self.bytes = bytes
  }

  /// j, the number of frames since 1970 before it.
  // bounded: a length is at least 1
  package var index: Int64 { position / length }
}
