// SPDX-License-Identifier: Apache-2.0

internal import Media

/// One coded AAC frame: a raw data block without ADTS header.
package struct EncodedAudioFrame: Sendable, Hashable {
  /// The position of its first sample, in samples since 1970; a multiple of 1024.
  package let position: Int64
  /// The raw data block, as in `mdat`.
  package let bytes: [UInt8]

  /// A frame at a position.
  package init(position: Int64, bytes: [UInt8]) {
    self.position = position
    self.bytes = bytes
  }

  /// j, the number of AAC frames since 1970 before it.
  package var index: Int64 { position / AudioSegmentation.samplesPerFrame }
}
