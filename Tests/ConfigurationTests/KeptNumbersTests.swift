// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Capture
@testable import Configuration
@testable import Streams

@Suite("The segments of a publisher after another one, RFC 8216 §6.2.1")
struct KeptNumbersTests {
  /// The segmentation of a passed-through session with groups of `group` frames.
  private static func segmentation(
    _ rate: FrameRate, group: Int64, after former: Segmentation? = nil
  ) throws -> Segmentation {
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 640, height: 360, rate: rate,
      parameterSets: [], configuration: [])
    let description = InputDescription(format: "flv", video: video, audio: nil, isPaced: true)
    let least = rate.nearestCount(.seconds(1))
    let facts = SourceFacts(
      description: description, rate: rate, inputDelay: .zero, audioDelay: .zero,
      passThrough: .fits(.init(rate: rate, groupFrames: group, segmentFrames: max(group, least))),
      peakBitrate: 1_000_000, firstCapture: nil)
    let input = try PlannedInput(
      facts, settings: StreamSettings(), isIrregular: false, after: former)
    let settings = input.complete(StreamSettings())
    return settings.segmentation(hasVariableDuration: input.fit?.hasVariableDuration == true)
  }

  @Test("groups of 1 s, 2 s and 1 s: the Target Duration does not fall, and media stays listed")
  func sameRate() throws {
    let first = try Self.segmentation(.thirty, group: 30)
    #expect(first.targetDuration == 1 && !first.hasVariableDuration)
    let second = try Self.segmentation(.thirty, group: 60, after: first)
    #expect(second.hasVariableDuration && second.framesPerSegment == 30)
    // Equal: the windows of the third session list the media of the second one.
    #expect(try Self.segmentation(.thirty, group: 30, after: second) == second)
  }

  @Test("another rate keeps the duration, and with it numbers and Target Duration")
  func otherRate() throws {
    let film = try #require(FrameRate(25))
    let first = try Self.segmentation(.thirty, group: 60)
    #expect(first.targetDuration == 2 && first.framesPerSegment == 60)
    let second = try Self.segmentation(film, group: 25, after: first)
    #expect(second.framesPerSegment == 50 && !second.hasVariableDuration)
    #expect(second.targetDuration == first.targetDuration)
    let ntsc = try #require(FrameRate("29.97"))
    #expect(try Self.segmentation(ntsc, group: 60, after: second).framesPerSegment == 60)
    // Groups that do not divide the duration.
    let longer = try Self.segmentation(film, group: 75, after: first)
    #expect(longer.framesPerSegment == 50 && longer.hasVariableDuration)
  }
}
