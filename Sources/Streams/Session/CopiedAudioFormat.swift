// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Capture
import Media

/// The format of AAC that can be copied.
package struct CopiedAudioFormat: Sendable, Equatable {
  /// The decoder's configuration, which is part of the CMAF header.
  let configuration: AudioSpecificConfig
  /// Its sample rate and channels, and the bitrate that playlists announce.
  private(set) var settings: AudioEncoderSettings

  /// An upper bound for the AAC of common sources, in kbit/s.
  private static let bitrateKilobits = 256

  /// The format of the source's audio; nil if it cannot be copied.
  package init?(_ audio: InputDescription.Audio) {
    guard let configuration = audio.passable else { return nil }
    self.configuration = configuration
    settings = AudioEncoderSettings(
      sampleRate: configuration.sampleRate, channels: configuration.channels,
      bitrateKilobits: Self.bitrateKilobits, language: audio.language)
  }

  /// The same format in the language of the stream, which is constant.
  func speaking(_ language: Language) -> CopiedAudioFormat {
    var format = self
    format.settings.language = language
    return format
  }

  /// The CMAF header of a track with this format.
  ///
  /// - Throws: the muxer's error.
  func header() throws(FFmpegError) -> [UInt8] {
    try FFmpegError.checked(
      AudioTrackHeader.make(
        configuration, channels: settings.channels, bitrateKilobits: settings.bitrateKilobits,
        language: settings.language),
      timescale: Int(settings.sampleRate), codecs: configuration.codecString)
  }

  /// Whether a decoder that was configured for `other` decodes this format.
  func fits(_ other: CopiedAudioFormat) -> Bool {
    settings == other.speaking(settings.language).settings
  }
}
