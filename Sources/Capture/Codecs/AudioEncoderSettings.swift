// SPDX-License-Identifier: Apache-2.0

package import Media

/// The parameters of an audio encoder.
///
/// Two encoders of equal settings write equal CMAF headers.
package struct AudioEncoderSettings: Sendable, Hashable, Codable {
  /// The sample rate in Hz, one of those of AAC, such as 48,000 or 44,100.
  package var sampleRate: Int32
  /// The number of channels: 1 or 2.
  package var channels: Int
  /// The bitrate of all channels together, in kbit/s.
  package var bitrateKilobits: Int
  /// The language of the track.
  package var language = Language.undetermined

  /// Settings (default stereo at 48 kHz).
  package init(
    sampleRate: Int32 = 48_000, channels: Int = 2, bitrateKilobits: Int = 128,
    language: Language = .undetermined
  ) {
    self.sampleRate = sampleRate
    self.channels = channels
    self.bitrateKilobits = bitrateKilobits
    self.language = language
  }
}
