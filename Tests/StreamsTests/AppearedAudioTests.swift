// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Sharing
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("Audio that appears in a source without any")
struct AppearedAudioTests {
  private static func video() -> InputDescription {
    InputDescription(
      format: "flv",
      video: InputDescription.Video(
        passThroughCodec: .h264, codec: "h264", width: 320, height: 180, rate: FrameRate(25),
        parameterSets: [], configuration: []),
      isPaced: false)
  }

  private static func aac(_ rate: Int = 48_000) -> InputDescription.Audio {
    InputDescription.Audio(codec: "aac", sampleRate: rate, channels: 2, configuration: [17, 144])
  }

  private static let facts = SourceFacts(
    description: video(), rate: .thirty, inputDelay: .zero, audioDelay: .zero,
    passThrough: .undecided, peakBitrate: 0, firstCapture: nil)

  /// The audio of these descriptions, and the outcomes of the session.
  private func outcomes(
    _ descriptions: [(InputDescription.Audio?, hasArrived: Bool)]
  ) -> [SourceFacts] {
    let found = Locked<[SourceFacts]>([])
    let appeared = AppearedAudio(
      stream: "live", Self.facts, log: Log(format: .text, least: .error) { _ in }
    ) { outcome in
      if case .audioAppeared(let facts) = outcome { found.withLock { $0.append(facts) } }
    }
    for (audio, hasArrived) in descriptions {
      var description = Self.video()
      description.audio = audio
      appeared.take(description, hasArrived: hasArrived)
    }
    return found.withLock { $0 }
  }

  @Test("it ends the session once, and the next one knows it")
  func once() throws {
    let found = outcomes([
      (nil, false), (Self.aac(), false), (Self.aac(), true), (Self.aac(44_100), true),
    ])
    #expect(found.map(\.description.audioTracks) == [[Self.aac()]])
    #expect(try #require(found.first).audioDelay >= .milliseconds(200))
  }

  @Test("audio without parameters counts when it arrives, and that of an absent track never")
  func unknown() {
    #expect(outcomes([(Self.aac(0), false)]).isEmpty)
    #expect(outcomes([(Self.aac(0), true)]).count == 1)
    var absent = Self.aac()
    absent.isAbsent = true
    #expect(outcomes([(absent, false), (absent, true)]).isEmpty)
  }

  @Test("a session without audio waits for it, unless its source has some already")
  func waiting() {
    var configuration = StreamConfiguration(
      size: .hd720,
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000))
    #expect(!configuration.lacksAudio)
    configuration.source = .network(Self.facts)
    #expect(configuration.lacksAudio)
    configuration.audioTracks = [AudioTrackSettings(Self.aac())]
    #expect(!configuration.lacksAudio)
    configuration.audioTracks = []
    var description = Self.video()
    description.audio = Self.aac()
    configuration.source = .network(Self.facts.withAudio(of: description))
    #expect(!configuration.lacksAudio)
  }
}
