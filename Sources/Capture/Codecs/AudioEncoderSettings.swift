// SPDX-License-Identifier: Apache-2.0

/// What an audio encoder is asked for.
///
/// Two encoders of equal settings write equal CMAF headers.
package struct AudioEncoderSettings: Sendable, Hashable {
  /// Samples a second: one of those that AAC knows, such as 48,000 or 44,100.
  package var sampleRate: Int32
  /// 1 or 2.
  package var channels: Int
  /// Bits a second, in thousands, of all channels together.
  package var bitrateKilobits: Int

  /// Settings; the default is stereo at 48 kHz.
  package init(sampleRate: Int32 = 48_000, channels: Int = 2, bitrateKilobits: Int = 128) {
    self.sampleRate = sampleRate
    self.channels = channels
    self.bitrateKilobits = bitrateKilobits
  }
}
