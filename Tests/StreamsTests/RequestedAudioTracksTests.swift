// SPDX-License-Identifier: Apache-2.0

import Media
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
