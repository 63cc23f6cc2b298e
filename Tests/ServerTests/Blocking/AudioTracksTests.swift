// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Server
import ServerTestSupport
import Sharing
import Streams
import TestSupport
import Testing
import Time

@Suite("A session with several audio tracks, from its encoders to what viewers get", .blocking)
struct AudioTracksTests {
  private struct Row: Sendable {
    let name, language, tag: String
    let encoder: AudioEncoderSettings
    var isDefault = false

    init(_ name: String, _ language: String, _ tag: String, rate: Int32 = 48_000, channels: Int = 2)
    {
      (self.name, self.language, self.tag) = (name, language, tag)
      encoder = AudioEncoderSettings(
        sampleRate: rate, channels: channels, language: Language(language))
    }
  }

  private static let rows: [Row] = {
    var rows = [
      Row("english", "eng", "en"), Row("deutsch", "ger", "de", rate: 44_100),
      Row("commentary", "", "und", channels: 1),
    ]
    rows[1].isDefault = true
    return rows
  }()

  /// A session of the test pattern with three test tones.
  private static func session() throws -> StreamSession {
    var configuration = StreamConfiguration(
      renditions: RenditionSettings.ladder([
        (size: try #require(VideoSize(width: 320, height: 180)), bitrateKilobits: 300)
      ]),
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 500_000, partMicroseconds: 100_000))
    configuration.name = "tones"
    configuration.preset = "ultrafast"
    configuration.prefill = 3
    configuration.audioTracks = rows.map { row in
      var track = AudioTrackSettings(.tone, encoder: row.encoder)
      (track.name, track.isDefault) = (row.name, row.isDefault)
      return track
    }
    return StreamSession(configuration, log: Log(format: .text, least: .error) { _ in })
  }

  /// The elements with this start, without spaces before it.
  private static func lines(_ text: String, _ start: String) -> [String] {
    text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { $0.hasPrefix(start) }
      .map(String.init)
  }

  /// The value of an attribute in a line.
  private static func value(_ attribute: String, _ line: String) -> String? {
    guard let range = line.firstRange(of: " \(attribute)=\"") else { return nil }
    return String(line[range.upperBound...].prefix { $0 != "\"" })
  }

  @Test("each track has its rendition, EXT-X-MEDIA and AdaptationSet, and viewers get the default")
  func tracks() throws {
    let session = try Self.session()
    defer { session.leave() }
    try session.start()
    let windows = session.renditions.map(\.window)
    #expect(windows.count == 1 + Self.rows.count)
    let deadline = MonotonicTime.hangLimit
    func isLive(_ window: LiveWindow) -> Bool {
      window.snapshot.state == .live && window.snapshot.segments.contains { !$0.isPrefill }
    }
    while !windows.allSatisfy(isLive), SystemClock.monotonicTime < deadline {
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(10))
    }
    let counts = session.statistics.renditions
    #expect(counts.count == windows.count && counts.allSatisfy { $0.mediaBytes > 0 })
    let served = ServedStream(session, StreamServingOptions(), sendsCMSD: true)
    let handler = try SyntheticHandler(others: [served])

    let playlist = try handler.ask("/tones/playlist.m3u8").text
    #expect(
      Self.lines(playlist, "#EXT-X-MEDIA:")
        == Self.rows.map { row in
          "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"\(row.name)\","
            + "LANGUAGE=\"\(row.tag)\",DEFAULT=\(row.isDefault ? "YES" : "NO"),AUTOSELECT=YES,"
            + "CHANNELS=\"\(row.encoder.channels)\",URI=\"\(row.name)/playlist.m3u8\""
        })
    for row in Self.rows {
      let media = try handler.ask("/tones/\(row.name)/playlist.m3u8")
      #expect(media.status == 200)
      let reported = Self.lines(media.text, "#EXT-X-RENDITION-REPORT:")
      let others = ["video"] + Self.rows.map(\.name).filter { $0 != row.name }
      #expect(reported.count == others.count)
      for (report, other) in zip(reported, others) {
        #expect(report.contains("URI=\"../\(other)/playlist.m3u8\",LAST-MSN="), "\(report)")
      }
    }

    let manifest = try handler.ask("/tones/manifest.mpd").text
    let sets = Self.lines(manifest, "<AdaptationSet").filter { $0.contains("audio/mp4") }
    #expect(sets.map { Self.value("lang", $0) } == Self.rows.map(\.tag))
    #expect(sets.map { Self.value("id", $0) } == ["2", "3", "4"])
    #expect(
      Self.lines(manifest, "<Role").map { Self.value("value", $0) }
        == Self.rows.map { $0.isDefault ? "main" : "alternate" })
    #expect(
      Self.lines(manifest, "<Representation").map { Self.value("id", $0) }
        == ["video"] + Self.rows.map(\.name))
    let times = Self.lines(manifest, "<ProducerReferenceTime").map { Self.value("id", $0) }
    #expect(times.count == 8 && Set(times).count == 8)

    #expect(served.defaultAudioName == "deutsch")
    let client = SocketLab(handler).connect(to: "tones")
    client.send("{\"t\":\"subscribe\",\"tracks\":[\"a\"]}")
    let answers = client.read().compactMap { if case .text(let text) = $0 { text } else { nil } }
    #expect(answers.contains { $0.contains("\"subscribed\"") && $0.contains("\"deutsch\"") })

    let another = SocketLab(handler).connect(to: "tones")
    func texts() -> [String] {
      another.read().compactMap { if case .text(let text) = $0 { text } else { nil } }
    }
    another.send("{\"t\":\"subscribe\",\"tracks\":[\"a\"],\"audio\":\"en\"}")
    #expect(texts().contains { $0.contains("\"subscribed\"") && $0.contains("\"english\"") })
    another.send("{\"t\":\"switch\",\"audio\":\"commentary\"}")
    #expect(texts().contains { $0.contains("\"switching\"") && $0.contains("\"commentary\"") })
    another.send("{\"t\":\"switch\",\"audio\":\"fr\"}")
    #expect(texts().contains { $0.contains("\"unknown-rendition\"") })
  }
}
