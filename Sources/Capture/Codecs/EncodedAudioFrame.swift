// SPDX-License-Identifier: Apache-2.0

internal import Media

/// One coded AAC frame: a raw data block, without ADTS header.
package struct EncodedAudioFrame: Sendable, Hashable {
  /// The first of its 1024 samples, since 1970; a multiple of 1024.
  package let position: Int64
  /// The raw data block, as it stands in `mdat`.
  package let bytes: [UInt8]

  /// A frame at its place.
  package init(position: Int64, bytes: [UInt8]) {
    self.position = position
    self.bytes = bytes
  }

  /// j: which AAC frame since 1970 it is.
  package var index: Int64 { position / AudioSegmentation.samplesPerFrame }
}
