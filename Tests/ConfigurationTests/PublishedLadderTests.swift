// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Capture
@testable import Configuration
@testable import Streams

@Suite("Several video tracks of a publisher are a ladder")
struct PublishedLadderTests {
  /// The renditions of tracks with these sizes and observed bitrates.
  private static func ladder(_ tracks: [(width: Int, height: Int, bitrate: Int64)]) throws
    -> [String]
  {
    let videos = tracks.map {
      InputDescription.Video(
        passThroughCodec: .h264, codec: "h264", width: $0.width, height: $0.height,
        rate: .thirty, parameterSets: [], configuration: [])
    }
    var description = InputDescription(format: "flv", video: videos[0], audio: nil, isPaced: true)
    description.otherVideos = Array(videos.dropFirst())
    var facts = SourceFacts(
      description: description, rate: .thirty, inputDelay: .zero, audioDelay: .zero,
      passThrough: .fits(.init(rate: .thirty, groupFrames: 30, segmentFrames: 30)),
      peakBitrate: tracks[0].bitrate, firstCapture: nil)
    facts.otherBitrates = tracks.dropFirst().map(\.bitrate)
    let settings = StreamSettings()
    let decided = try PlannedInput(facts, settings: settings, isIrregular: false)
    return decided.complete(settings).ladder.compactMap { rendition in
      guard case .size(let size) = rendition.size else { return nil }
      return "\(size)@\(rendition.bitrateKilobits)"
    }
  }

  @Test("the largest size is first, with the observed bitrate and half of it in reserve")
  func order() throws {
    #expect(
      try Self.ladder([(640, 360, 1_000_000), (1280, 720, 3_000_000)])
        == ["1280x720@4500", "640x360@1500"])
  }

  @Test("a larger picture never has a lower bitrate than a smaller one: players sort by it")
  func quietTop() throws {
    #expect(
      try Self.ladder([(640, 360, 100_000), (320, 180, 400_000), (160, 90, 500_000)])
        == ["640x360@802", "320x180@801", "160x90@800"])
  }

  @Test("tracks of one size keep the bitrates that were observed, and differ")
  func sameSize() throws {
    #expect(
      try Self.ladder([(640, 360, 1_000_000), (640, 360, 2_000_000), (640, 360, 1_000_000)])
        == ["640x360@1501", "640x360@3000", "640x360@1500"])
  }
}
