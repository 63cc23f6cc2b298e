// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Push
import TestSupport
import Testing

@Suite("The tracks of a session that a receiver gets")
struct PushTrackTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let words: String
    let tracks: [String]
    var obstacle: String?
    var testDescription: String { words.isEmpty ? "without words" : words }
  }

  static let rows = [
    Row(words: "", tracks: ["720p", "deutsch"]),
    Row(words: "audio=none", tracks: ["720p"]),
    Row(words: "audio=english", tracks: ["720p", "english"]),
    Row(words: "renditions=all", tracks: ["720p", "360p", "deutsch"]),
    Row(words: "renditions=360p,720p audio=none", tracks: ["360p", "720p"]),
    Row(words: "renditions=1080p", tracks: [], obstacle: "the stream has no rendition 1080p"),
    Row(words: "renditions=deutsch", tracks: [], obstacle: "the stream has no rendition deutsch"),
    Row(words: "audio=suomi", tracks: [], obstacle: "the stream has no audio suomi"),
  ]

  /// Two renditions of video, and two tracks of audio.
  private func session() throws -> [(name: String, window: LiveWindow)] {
    let video = [SyntheticStream(.thirty), SyntheticStream(.thirty)]
    let segmentation = try #require(
      AudioSegmentation(following: video[0].segmentation, sampleRate: 48_000))
    return [
      ("720p", video[0].window), ("360p", video[1].window),
      ("english", audio(segmentation, isDefault: false)),
      ("deutsch", audio(segmentation, isDefault: true)),
    ]
  }

  private func audio(_ segmentation: AudioSegmentation, isDefault: Bool) -> LiveWindow {
    let window = LiveWindow(segmentation: .audio(segmentation), playlistLength: 10, retained: 20)
    window.describe(
      TrackDescription(
        rendition: "audio", codecs: "mp4a.40.2", bandwidth: 156_000, averageBandwidth: 143_000,
        content: .audio(channels: 2, isDefault: isDefault), segmentation: .audio(segmentation),
        header: Array("sound".utf8)))
    window.goLive()
    return window
  }

  private func target(_ words: String) throws -> PushTarget {
    try #require(PushTarget("cmaf+http://host/live \(words)"))
  }

  @Test("are those of its words, video first, or none for the reason", arguments: rows)
  func choice(_ row: Row) throws {
    let (tracks, obstacle) = PushTrack.choose(try session(), for: try target(row.words))
    #expect(tracks.map(\.name) == row.tracks)
    #expect(obstacle == row.obstacle)
    #expect(tracks.map(\.isAudio) == row.tracks.map { !$0.hasSuffix("p") })
  }

  @Test("of a session without windows there are none")
  func empty() throws {
    let (tracks, obstacle) = PushTrack.choose([], for: try target(""))
    #expect(tracks.isEmpty && obstacle == PushLifecycle.noMedia)
  }

  @Test("a session without audio or without video has the others")
  func parts() throws {
    let all = try session()
    let silent = PushTrack.choose(Array(all.prefix(2)), for: try target(""))
    #expect(silent.tracks.map(\.name) == ["720p"] && silent.obstacle == nil)
    let sound = PushTrack.choose(Array(all.suffix(2)), for: try target(""))
    #expect(sound.tracks.map(\.name) == ["deutsch"] && sound.obstacle == nil)
  }
}
