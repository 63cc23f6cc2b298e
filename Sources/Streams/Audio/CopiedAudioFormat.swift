// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Capture
import Media

/// AAC that can go out as it comes.
package struct CopiedAudioFormat: Sendable, Equatable {
  /// Its decoder's configuration, which goes into the header.
  let configuration: AudioSpecificConfig
  /// Rate and channels of it, and what is said of its bits.
  let settings: AudioEncoderSettings

  /// What sources of AAC hardly exceed; kilobits a second.
  private static let bitrateKilobits = 256

  /// The source's sound, if it can go out as it comes.
  package init?(_ audio: InputDescription.Audio) {
    guard let configuration = audio.passable else { return nil }
    self.configuration = configuration
    settings = AudioEncoderSettings(
      sampleRate: configuration.sampleRate, channels: configuration.channels,
      bitrateKilobits: Self.bitrateKilobits)
  }

  /// The CMAF header of a track of it.
  ///
  /// - Throws: the muxer's error.
  func header() throws(FFmpegError) -> [UInt8] {
    try FFmpegError.checked(
      AudioTrackHeader.make(
        configuration, channels: settings.channels, bitrateKilobits: settings.bitrateKilobits),
      timescale: Int(settings.sampleRate), codecs: configuration.codecString)
  }

  /// Whether a decoder that was set up for `other` understands this sound.
  func fits(_ other: CopiedAudioFormat) -> Bool { settings == other.settings }
}
