// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Capture
import Media

/// The format of audio that can be copied: AAC, or the codec of an alternative track.
package struct CopiedAudioFormat: Sendable, Equatable {
  /// The codec, with its configuration.
  enum Coding: Sendable, Equatable {
    /// The decoder's configuration, which is part of the CMAF header.
    case aac(AudioSpecificConfig)
    case opus(OpusTrackHeader)
    case dolby(DolbyConfiguration)
    case flac(FLACStreamInfo)
  }

  /// The codec, with its configuration.
  let coding: Coding
  /// Its sample rate and channels, and the bitrate that playlists announce.
  private(set) var settings: AudioEncoderSettings

  /// An upper bound for AAC and Opus of common sources, in kbit/s.
  private static let bitrateKilobits = 256
  /// Opus has one sample rate, in Hz, and packets of 20 ms.
  /// - Source: RFC 7845 §5.1
  private static let opus = (sampleRate: Int32(48_000), samples: Int64(960))

  /// The format of the source's audio as AAC, or in another codec; nil if it cannot be copied.
  package init?(_ audio: InputDescription.Audio, as codec: AlternativeAudioCodec? = nil) {
    guard let codec else {
      guard let configuration = audio.passable else { return nil }
      self.init(.aac(configuration), audio.language)
      return
    }
    guard audio.codec == codec.rawValue else { return nil }
    switch codec {
    case .opus:
      guard
        let track = OpusTrackHeader(configuration: audio.configuration, channels: audio.channels)
      else { return nil }
      self.init(.opus(track), audio.language)
    case .ac3, .eac3:
      guard
        let track = DolbyConfiguration(audio.configuration, isEnhanced: codec == .eac3)
      else { return nil }
      self.init(.dolby(track), audio.language)
    case .flac:
      guard let track = FLACStreamInfo(audio.configuration) else { return nil }
      self.init(.flac(track), audio.language)
    }
  }

  /// The format of silence in the codec of a track, for a source without audio.
  init(silenceIn track: AlternativeAudio, _ settings: AudioEncoderSettings) {
    switch track.codec {
    case .opus: coding = .opus(OpusTrackHeader(isStereo: settings.channels != 1))
    case .ac3, .eac3:
      coding = .dolby(
        DolbyConfiguration(
          isEnhanced: track.codec == .eac3, sampleRate: settings.sampleRate,
          channels: settings.channels))
    case .flac:
      coding = .flac(
        FLACStreamInfo(
          samplesPerFrame: track.samplesPerFrame, sampleRate: settings.sampleRate,
          channels: settings.channels))
    }
    self.settings = settings
  }

  /// The format of AAC-LC with the sample rate and the channels of a track; nil if AAC has none.
  init?(plainAAC track: AudioEncoderSettings) {
    let (rate, channels) = (track.sampleRate, track.channels)
    guard let configuration = AudioSpecificConfig(sampleRate: rate, channels: channels) else {
      return nil
    }
    self.init(.aac(configuration), track.language)
  }

  private init(_ coding: Coding, _ language: Language) {
    self.coding = coding
    let (rate, channels, bitrate) =
      switch coding {
      case .aac(let track): (track.sampleRate, track.channels, Self.bitrateKilobits)
      case .opus(let track): (Self.opus.sampleRate, track.channels, Self.bitrateKilobits)
      case .dolby(let track): (track.sampleRate, track.channels, track.bitrateKilobits)
      case .flac(let track): (track.sampleRate, track.channels, track.bitrateKilobits)
      }
    settings = AudioEncoderSettings(
      sampleRate: rate, channels: channels, bitrateKilobits: bitrate, language: language)
  }

  /// The codec of an alternative track; nil for AAC.
  private var codec: AlternativeAudioCodec? {
    switch coding {
    case .aac: nil
    case .opus: .opus
    case .dolby(let track): track.isEnhanced ? .eac3 : .ac3
    case .flac: .flac
    }
  }

  /// Whether it is AAC.
  var isAAC: Bool { codec == nil }

  /// Whether it has the sample rate and the channels of a track.
  func isLike(_ track: AudioEncoderSettings) -> Bool {
    settings.sampleRate == track.sampleRate && settings.channels == track.channels
  }

  /// Samples in a frame.
  var length: Int64 {
    switch coding {
    case .aac: AudioSegmentation.samplesPerAACFrame
    case .opus: Self.opus.samples
    case .dolby: DolbyConfiguration.samplesPerFrame
    case .flac(let track): track.samplesPerFrame
    }
  }

  /// RFC 6381 codecs string.
  var codecs: String {
    switch coding {
    case .aac(let configuration): configuration.codecString
    case .opus: "opus"
    case .dolby(let track): track.codecs
    case .flac: "fLaC"
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
      case .aac(let track): try track.header(settings)
      case .opus(let track): try track.header(settings)
      case .dolby(let track): track.header(settings)
      case .flac(let track): track.header(settings)
      }
    return try FFmpegError.checked(header, timescale: Int(settings.sampleRate), codecs: codecs)
  }

  /// Checks that a packet is one frame of the track.
  ///
  /// - Throws: the reason if it has another length.
  func check(_ packet: [UInt8]) throws(FFmpegError) {
    let samples: Int64
    switch coding {
    case .aac: return
    // bounded: the whole array
    case .opus: samples = OpusTransport.samplesOf(packet[...])
    case .dolby: samples = DolbyConfiguration.samples(of: packet)
    case .flac: samples = FLACStreamInfo.samples(of: packet)
    }
    guard samples == length else {
      throw FFmpegError(
        refused: "a packet of \(samples) samples (expected \(length))")
    }
  }

  /// Whether a decoder that was configured for the format decodes audio of an input.
  func isOf(_ audio: InputDescription.Audio) -> Bool {
    guard let found = CopiedAudioFormat(audio, as: codec) else { return false }
    let spoken = found.speaking(settings.language)
    switch coding {
    case .aac, .opus: return spoken.settings == settings
    case .dolby, .flac: return spoken == self
    }
  }
}
