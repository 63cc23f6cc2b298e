// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Capture
@testable import Configuration
@testable import Streams

@Suite("The segments of a publisher after another one, RFC 8216 §6.2.1")
struct KeptNumbersTests {
  /// A session after `former` of a source with groups of `group` frames.
  private static func session(
    _ rate: FrameRate, group: Int64, after former: Segmentation? = nil,
    _ passThrough: PassThroughMode = .auto, isIrregular: Bool = false, address: InputAddress? = nil
  ) throws -> (segmentation: Segmentation, encodingReason: String?) {
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 640, height: 360, rate: rate,
      parameterSets: [], configuration: [])
    let description = InputDescription(format: "flv", video: video, audio: nil, isPaced: true)
    let least = rate.nearestCount(.seconds(1))
    let facts = SourceFacts(
      description: description, rate: rate, inputDelay: .zero, audioDelay: .zero,
      passThrough: .fits(.init(rate: rate, groupFrames: group, segmentFrames: max(group, least))),
      peakBitrate: 1_000_000, firstCapture: nil)
    var settings = StreamSettings()
    settings.passThrough = passThrough
    settings.input = address
    let input = try PlannedInput(
      facts, settings: settings, isIrregular: isIrregular, after: former)
    let completed = input.complete(settings)
    return (
      completed.segmentation(hasVariableDuration: input.fit?.hasVariableDuration == true),
      input.encodingReason
    )
  }

  @Test("groups of 1 s, 2 s and 1 s: the Target Duration does not change; the second is encoded")
  func sameRate() throws {
    let first = try Self.session(.thirty, group: 30).segmentation
    #expect(first.targetDuration == 1 && !first.hasVariableDuration)
    let second = try Self.session(.thirty, group: 60, after: first)
    #expect(second.segmentation == first)
    #expect(second.encodingReason?.contains("target duration of 1 s") == true)
    let third = try Self.session(.thirty, group: 30, after: second.segmentation)
    #expect(third.segmentation == first && third.encodingReason == nil)
    let shorter = try Self.session(.thirty, group: 10, after: first)
    #expect(shorter.segmentation == first && shorter.encodingReason == nil)
  }

  @Test("with `always` the Target Duration rises once, and media stays listed")
  func always() throws {
    let first = try Self.session(.thirty, group: 30, .always).segmentation
    let second = try Self.session(.thirty, group: 60, after: first, .always).segmentation
    #expect(second.hasVariableDuration && second.framesPerSegment == 30)
    // Equal: the windows of the third session list the media of the second one.
    let third = try Self.session(.thirty, group: 30, after: second, .always)
    #expect(third.segmentation == second && third.encodingReason == nil)
  }

  @Test("a camera that turned irregular stays passed through, a publisher does not")
  func irregular() throws {
    let first = try Self.session(.thirty, group: 30).segmentation
    let second = try Self.session(.thirty, group: 30, after: first, isIrregular: true)
    #expect(second.segmentation.hasVariableDuration && second.encodingReason == nil)
    let published = try Self.session(
      .thirty, group: 30, after: first, isIrregular: true,
      address: InputAddress(InputAddress.publisherText))
    #expect(published.segmentation == first && published.encodingReason != nil)
    // The Target Duration is that of the longest group: longer ones fit.
    let third = try Self.session(.thirty, group: 60, after: second.segmentation)
    #expect(third.segmentation == second.segmentation && third.encodingReason == nil)
  }

  @Test("another rate keeps the duration, and with it numbers and Target Duration")
  func otherRate() throws {
    let film = try #require(FrameRate(25))
    let first = try Self.session(.thirty, group: 60).segmentation
    #expect(first.targetDuration == 2 && first.framesPerSegment == 60)
    let second = try Self.session(film, group: 25, after: first).segmentation
    #expect(second.framesPerSegment == 50 && !second.hasVariableDuration)
    #expect(second.targetDuration == first.targetDuration)
    let ntsc = try #require(FrameRate("29.97"))
    #expect(
      try Self.session(ntsc, group: 60, after: second).segmentation.framesPerSegment == 60)
    // Groups that do not divide the duration.
    let longer = try Self.session(film, group: 75, after: first, .always).segmentation
    #expect(longer.framesPerSegment == 50 && longer.hasVariableDuration)
    #expect(try Self.session(film, group: 75, after: first).encodingReason != nil)
  }

  @Test("a publisher of another rate is encoded at the rate before, unless `always` is given")
  func publishedRate() throws {
    let publisher = InputAddress(InputAddress.publisherText)
    let first = try Self.session(.thirty, group: 30, address: publisher).segmentation
    for text in ["25", "60", "29.97", "23.976"] {
      let rate = try #require(FrameRate(text))
      let group = rate.nearestCount(.seconds(1))
      let second = try Self.session(rate, group: group, after: first, address: publisher)
      #expect(second.segmentation == first)
      #expect(second.encodingReason == "\(rate) frames per second follow 30")
      let passed = try Self.session(rate, group: group, after: first, .always, address: publisher)
      #expect(passed.segmentation.grid.rate == rate && passed.encodingReason == nil)
    }
    let third = try Self.session(.thirty, group: 30, after: first, address: publisher)
    #expect(third.segmentation == first && third.encodingReason == nil)
  }

  @Test("another timescale: the source is encoded at the rate before")
  func otherTimescale() throws {
    let film = try #require(FrameRate("23.976"))
    let first = try Self.session(.thirty, group: 30).segmentation
    let second = try Self.session(film, group: 24, after: first)
    #expect(second.segmentation == first)
    #expect(second.encodingReason?.contains("another timescale") == true)
    let passed = try Self.session(film, group: 24, after: first, .always)
    #expect(passed.segmentation.grid.rate == film && passed.encodingReason == nil)
  }
}
