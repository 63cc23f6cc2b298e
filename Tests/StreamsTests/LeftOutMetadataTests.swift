// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("Lines about texts and metadata that are left out")
struct LeftOutMetadataTests {
  private final class Lines: Sendable {
    private let list = Locked<[String]>([])

    /// The log whose lines these are.
    var log: Log {
      Log(format: .text, least: .info) { line in self.list.withLock { $0 += [line] } }
    }

    /// The number of lines with these words.
    func count(_ words: String) -> Int { list.withLock { $0.count { $0.contains(words) } } }

    var all: [String] { list.withLock { $0 } }
  }

  private let lines = Lines()

  private func metadata() throws -> (InputMetadata, PulledInput) {
    let input = PulledInput(
      try #require(InputAddress("udp://127.0.0.1:5000")), options: InputOptions(), loops: false,
      takesAudio: false, passThrough: nil, name: "live", log: lines.log)
    return (input.metadata, input)
  }

  private func packet(
    _ format: MetadataPacket.Format, _ bytes: [UInt8] = [], second: Int64 = 0
  ) -> MetadataPacket {
    MetadataPacket(
      format: format, bytes: bytes, pts: SourceTime(nanoseconds: 0), ticks: nil,
      arrival: .origin + .seconds(second))
  }

  @Test("each loss has one line")
  func losses() throws {
    let (metadata, input) = try metadata()
    let stage = SurveyStage(input)
    let losses: [MetadataPacket.Loss] = [
      .unwantedTexts([Language("deu"), Language("eng")]),
      .undecodableTexts("dvb_teletext page 888 in de", reason: "no decoder"), .malformedEvent,
    ]
    for second in 0..<3 {
      for loss in losses {
        metadata.take(packet(.leftOut(loss), second: 10 * Int64(second)), input, stage)
      }
    }
    #expect(lines.all.count == 3)
    #expect(lines.count("subtitles in de, en, for which --captions has no language") == 1)
    #expect(lines.count("(dvb_teletext page 888 in de): no decoder") == 1)
    #expect(lines.count("(emsg) of the publisher is malformed") == 1)
  }

  @Test("128 texts per second leave room for other metadata; a flood of either has a line")
  func rates() throws {
    let (metadata, input) = try metadata()
    let stage = SurveyStage(input)
    for number in 0..<128 {
      let text = MetadataPacket.Format.text(Language("deu"), duration: .seconds(1))
      metadata.take(packet(text, Array("words \(number)".utf8)), input, stage)
    }
    for _ in 0..<60 { metadata.take(packet(.id3, [0]), input, stage) }
    #expect(lines.count("more than") == 0)
    metadata.take(packet(.id3, [0]), input, stage)
    #expect(lines.count("more than 60 messages") == 1)
    for _ in 0..<200 {
      let text = MetadataPacket.Format.text(Language("deu"), duration: .seconds(1))
      metadata.take(packet(text, Array("words".utf8)), input, stage)
    }
    #expect(lines.count("more than 256 texts") == 1)
  }

  @Test("cues that the captions of the stream do not take have one line for each language")
  func cues() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 3)
    let events = EventWindows([stream.window])
    let english = try #require(LanguageTag("en"))
    let captions = StreamCaptions([CaptionTrack(english)], now: SystemClock.monotonicTime)
    events.carry(captions)
    let sink = SessionMetadata(events, stream: "live", lines.log)
    let text = try CueText("words")
    for language in ["eng", "deu", "fra", "deu"] {
      for _ in 0..<3 {
        sink.take(SourceCue(text, Language(language), duration: .seconds(1)), at: .origin)
      }
    }
    #expect(lines.count("for which --captions has no language") == 2 && lines.all.count == 2)
    for _ in 0..<2000 {
      sink.take(SourceCue(text, Language("eng"), duration: .seconds(1)), at: .origin)
    }
    #expect(lines.all.count == 3)
    #expect(lines.count("more than 256 cues per second: some in en are left out") == 1)
  }
}
