// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Testing

@testable import Capture
@testable import Streams

@Suite("The audio tracks of a stream, by the tracks of its input")
struct RequestedAudioTracksTests {
  private static func description(_ tracks: [(String, AudioPurpose)]) -> InputDescription {
    let audio = tracks.map { language, purpose in
      InputDescription.Audio(
        codec: "mp2", sampleRate: 48_000, channels: 2, configuration: [],
        language: Language(language), purpose: purpose)
    }
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 320, height: 180, rate: .thirty,
      parameterSets: [], configuration: [])
    var description = InputDescription(
      format: "mpegts", video: video, audio: audio.first, isPaced: false)
    description.otherAudio = Array(audio.dropFirst())
    return description
  }

  @Test("a single track has the default name and no label, whatever its language")
  func single() {
    let one = Self.description([("ger", .visualImpaired)])
    let several = Self.description([("ger", .main), ("eng", .main)])
    let rows: [(RequestedAudioTracks, InputDescription)] = [
      (.first(16), one), (.first(1), one), (.first(1), several),
    ]
    for (tracks, description) in rows {
      let found = tracks.tracks(of: description, beside: ["video"])
      #expect(found == [AudioTrackSettings(description.audioTracks[0])])
      #expect(found[0].name == "audio" && found[0].label == nil && found[0].selector == nil)
    }
    #expect(RequestedAudioTracks.first(16).tracks(of: Self.description([]), beside: []).isEmpty)
  }

  @Test("several tracks have names by language and purpose, each used once")
  func names() {
    let description = Self.description([
      ("eng", .main), ("ger", .main), ("ger", .visualImpaired), ("", .main), ("ger", .main),
      ("fra", .hearingImpaired),
    ])
    let found = RequestedAudioTracks.first(16).tracks(of: description, beside: ["audio-de"])
    #expect(
      found.map(\.name) == [
        "audio", "audio-de-2", "audio-de-visual-impaired", "audio-4", "audio-de-3",
        "audio-fr-hearing-impaired",
      ])
    #expect(
      found.map(\.label) == [
        "English", "Deutsch", "Deutsch (audio description)", "Audio 4", "Deutsch 2",
        "Français (hearing impaired)",
      ])
    #expect(found.map(\.isDefault) == [true, false, false, false, false, false])
  }

  @Test("tracks are in the order of their ranks, with the names that the input declares")
  func ranks() {
    var description = Self.description([("ger", .main), ("eng", .main), ("fra", .main)])
    description.audio?.rank = 2
    description.otherAudio[1].rank = 1
    description.otherAudio[0].label = "Commentary"
    description.otherAudio[1].label = "a \" quotation"
    let found = RequestedAudioTracks.first(16).tracks(of: description, beside: [])
    #expect(found.map(\.name) == ["audio", "audio-fr", "audio-de"])
    #expect(found.map(\.label) == ["Commentary", "Français", "Deutsch"])
    let tracks = description.audioTracks
    #expect(RequestedAudioTracks.first(1).tracks(of: description, beside: []).count == 1)
    #expect(AudioTrackSelector.assign(found, tracks) == [1, 2, 0])
    #expect(AudioTrackSelector.assign([nil], tracks) == [1])
    #expect(AudioTrackSelector.assign([AudioTrackSelector(position: 3)], tracks) == [0])
    let polish = AudioTrackSelector(language: Language("pl"))
    #expect(AudioTrackSelector.assign([polish], tracks) == [1])
  }

  @Test("a declared track that the input lacks is a track with its language")
  func declared() throws {
    let chosen = RequestedAudioTracks.chosen([
      .init(AudioTrackSelector(language: Language("pl"))),
      .init(AudioTrackSelector(position: 1, language: Language("gsw")), label: "Dialekt"),
      .init(AudioTrackSelector(language: Language("de")), isDefault: true),
    ])
    let found = chosen.tracks(
      of: Self.description([("ger", .main), ("ger", .visualImpaired)]), beside: [])
    #expect(found.map(\.encoder.language.tag) == ["pl", "gsw", "de"])
    #expect(found.map(\.label) == ["Polski", "Dialekt", "Deutsch (audio description)"])
    #expect(found.map(\.isDefault) == [false, false, true])
    #expect(chosen.tracks(of: Self.description([]), beside: []).count == 3)
  }

  @Test("tracks are found by language and purpose, in whatever order the input has them")
  func assignment() {
    let rows: [(tracks: [(String, AudioPurpose)], assigned: [Int?])] = [
      ([("eng", .main), ("ger", .main)], [1, 0, nil]),
      ([("ger", .visualImpaired), ("ger", .main), ("fra", .main)], [1, nil, 0]),
      ([("eng", .main)], [nil, 0, nil]), ([("fra", .main)], [0, nil, nil]),
      ([], [nil, nil, nil]),
    ]
    let selectors = [
      AudioTrackSelector(language: Language("de")), AudioTrackSelector(language: Language("en")),
      AudioTrackSelector(language: Language("de"), purpose: .visualImpaired),
    ]
    for row in rows {
      let tracks = Self.description(row.tracks).audioTracks
      let first: Int? = tracks.isEmpty ? nil : 0
      #expect(AudioTrackSelector.assign(selectors, tracks) == row.assigned)
      #expect(AudioTrackSelector.assign([nil], tracks) == [first])
      #expect(AudioTrackSelector.assign([AudioTrackSelector(position: .min)], tracks) == [first])
    }
  }
}

extension InputDescription {
  /// A camera of 720p at 25 fps.
  static var camera: InputDescription {
    InputDescription(
      format: "rtsp",
      video: InputDescription.Video(
        passThroughCodec: .h264, codec: "h264", width: 1280, height: 720, rate: FrameRate(25),
        parameterSets: [], configuration: []),
      isPaced: false)
  }
}

@Suite("The audio of a session after another one")
struct FormerAudioTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Codec, sample rate, channels and decoder configuration of the source.
    let source: InputDescription.Audio
    let former: AudioEncoderSettings?
    let isCopied: Bool
    let rate: Int32
    let channels: Int
  }

  private static func aac(_ rate: Int, _ channels: Int, _ bytes: [UInt8]) -> InputDescription.Audio
  {
    InputDescription.Audio(
      codec: "aac", sampleRate: rate, channels: channels, configuration: bytes)
  }

  private static let stereo = aac(48_000, 2, [0x11, 0x90])
  private static let mono = aac(44_100, 1, [0x12, 0x08])
  private static let opus = InputDescription.Audio(
    codec: "opus", sampleRate: 48_000, channels: 2, configuration: [])

  static let rows = [
    Row(
      testDescription: "the first session", source: mono, former: nil, isCopied: true,
      rate: 44_100, channels: 1),
    Row(
      testDescription: "the same form", source: stereo, former: AudioEncoderSettings(),
      isCopied: true, rate: 48_000, channels: 2),
    Row(
      testDescription: "another rate", source: mono,
      former: AudioEncoderSettings(sampleRate: 48_000, channels: 1), isCopied: false,
      rate: 48_000, channels: 1),
    Row(
      testDescription: "other channels", source: stereo,
      former: AudioEncoderSettings(sampleRate: 48_000, channels: 1), isCopied: false,
      rate: 48_000, channels: 1),
    Row(
      testDescription: "another codec", source: opus,
      former: AudioEncoderSettings(sampleRate: 44_100, channels: 1), isCopied: false,
      rate: 44_100, channels: 1),
  ]

  private static func configuration(microseconds: Int64 = 1_000_000) -> StreamConfiguration {
    StreamConfiguration(
      size: .hd720,
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: microseconds, partMicroseconds: microseconds / 10))
  }

  @Test("a track keeps its sample rate and channels; other audio is encoded", arguments: rows)
  func kept(row: Row) throws {
    var configuration = Self.configuration()
    configuration.audioTracks = [AudioTrackSettings(row.source)]
    if let former = row.former { configuration.keepAudio(of: ["audio": former]) }
    let track = try #require(configuration.audioTracks.first)
    #expect(track.isCopied == row.isCopied)
    #expect(track.encoder.sampleRate == row.rate && track.encoder.channels == row.channels)
    let (output, _) = try configuration.audioOutput()
    #expect(output.segmentation.sampleRate == row.rate)
    guard row.source.codec == "aac" else { return #expect(track.format == nil) }
    let format = try #require(track.format)
    #expect(format.settings.sampleRate == row.rate && format.settings.channels == row.channels)
    #expect(configuration.audioParameters.mapValues(\.sampleRate) == ["audio": row.rate])
  }

  @Test("other tracks, tones, and segments that are shorter than a frame stay as they are")
  func unchanged() {
    let former = AudioEncoderSettings(sampleRate: 16_000, channels: 1)
    var configuration = Self.configuration(microseconds: 40_000)
    configuration.audioTracks = [AudioTrackSettings(Self.stereo)]
    configuration.keepAudio(of: ["audio": former])
    #expect(configuration.audioTracks == [AudioTrackSettings(Self.stereo)])
    configuration = Self.configuration()
    var tone = AudioTrackSettings(.tone)
    tone.name = "tone"
    configuration.audioTracks = [AudioTrackSettings(Self.stereo), tone]
    configuration.keepAudio(of: ["audio-de": former, "tone": former])
    #expect(configuration.audioTracks == [AudioTrackSettings(Self.stereo), tone])
    #expect(Array(configuration.audioParameters.keys) == ["audio"])
  }

  @Test("a stream whose earlier sessions had audio has a track without any")
  func silent() {
    let former = AudioEncoderSettings(sampleRate: 32_000, channels: 1)
    var configuration = Self.configuration()
    configuration.audioTracks = []
    configuration.keepAudio(of: [:])
    #expect(configuration.audioTracks.isEmpty)
    configuration.keepAudio(of: ["audio": former])
    #expect(configuration.audioTracks == [AudioTrackSettings(.input(nil), encoder: former)])
    #expect(configuration.audioParameters == ["audio": former])
  }

  @Test("AAC-LC by sample rate and channels is the configuration of encoders, ISO/IEC 14496-3")
  func plainAAC() throws {
    for (rate, channels, bytes) in [
      (48_000, 2, [0x11, 0x90]), (44_100, 1, [0x12, 0x08]), (16_000, 2, [0x14, 0x10]),
    ] as [(Int32, Int, [UInt8])] {
      let found = try #require(AudioSpecificConfig(sampleRate: rate, channels: channels))
      #expect(found.bytes == bytes && found.isPlainAAC)
      #expect(found.sampleRate == rate && found.channels == channels)
    }
    #expect(AudioSpecificConfig(sampleRate: 47_000, channels: 2) == nil)
    #expect(AudioSpecificConfig(sampleRate: 48_000, channels: 6) == nil)
  }
}
