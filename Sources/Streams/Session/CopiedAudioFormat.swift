// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Capture
import Media

/// The format of audio that can be copied: AAC, or the codec of an alternative track.
package struct CopiedAudioFormat: Sendable, Equatable {
  private enum Coding: Sendable, Equatable {
    /// The decoder's configuration, which is part of the CMAF header.
    case aac(AudioSpecificConfig)
    case opus(OpusTrackHeader)
  }

  private let coding: Coding
  /// Its sample rate and channels, and the bitrate that playlists announce.
  private(set) var settings: AudioEncoderSettings

  /// An upper bound for the audio of common sources, in kbit/s.
  private static let bitrateKilobits = 256

  /// The format of the source's audio as AAC, or in another codec; nil if it cannot be copied.
  package init?(_ audio: InputDescription.Audio, as codec: AlternativeAudioCodec? = nil) {
    switch codec {
    case nil:
      guard let configuration = audio.passable else { return nil }
      coding = .aac(configuration)
      settings = AudioEncoderSettings(
        sampleRate: configuration.sampleRate, channels: configuration.channels,
        bitrateKilobits: Self.bitrateKilobits, language: audio.language)
    case .opus?:
      guard audio.codec == AlternativeAudioCodec.opus.name,
        let track = OpusTrackHeader(configuration: audio.configuration, channels: audio.channels)
      else { return nil }
      coding = .opus(track)
      settings = AudioEncoderSettings(
        sampleRate: AlternativeAudioCodec.opus.sampleRate, channels: track.channels,
        bitrateKilobits: Self.bitrateKilobits, language: audio.language)
    }
  }

  /// The format of silence in a codec, for a source without audio.
  init(silenceIn codec: AlternativeAudioCodec, _ settings: AudioEncoderSettings) {
    self.settings = settings
    switch codec {
    case .opus:
      coding = .opus(OpusTrackHeader(isStereo: settings.channels != 1))
    }
  }

  /// Whether it is AAC.
  var isAAC: Bool { if case .aac = coding { true } else { false } }

  /// Samples in a frame.
  var length: Int64 {
    switch coding {
    case .aac: AudioSegmentation.samplesPerAACFrame
    case .opus: AlternativeAudioCodec.opus.samplesPerFrame
    }
  }

  /// RFC 6381 codecs string.
  var codecs: String {
    switch coding {
    case .aac(let configuration): configuration.codecString
    case .opus: "opus"
    }
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
    let header =
      switch coding {
      case .aac(let configuration):
        try AudioTrackHeader.make(
          configuration, channels: settings.channels, bitrateKilobits: settings.bitrateKilobits,
          language: settings.language)
      case .opus(let track): try track.bytes(settings)
      }
    return try FFmpegError.checked(header, timescale: Int(settings.sampleRate), codecs: codecs)
  }

  /// A coded frame of silence; nil for AAC, whose encoder writes it.
  var silence: [UInt8]? { if case .opus(let track) = coding { track.silence } else { nil } }

  /// Checks that a packet is one frame of the track.
  ///
  /// - Throws: the reason if it has another length.
  func check(_ packet: [UInt8]) throws(FFmpegError) {
    guard case .opus = coding else { return }
    // bounded: the whole array
    let samples = OpusTransport.samplesOf(packet[...])
    guard samples == length else {
      throw FFmpegError(
        refused: "an Opus packet of \(samples) samples (expected \(length), 20 ms)")
    }
  }

  /// Whether a decoder that was configured for the format decodes audio of an input.
  func isOf(_ audio: InputDescription.Audio) -> Bool {
    guard let found = CopiedAudioFormat(audio, as: isAAC ? nil : .opus) else { return false }
    return found.speaking(settings.language).settings == settings
  }
}
