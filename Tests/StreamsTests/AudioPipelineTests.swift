// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import Testing
import Time

@testable import Scheduling
@testable import Streams

@Suite("The audio of an encoded stream")
struct AudioPipelineTests {
  static let segment: Int64 = 1_795_155_720

  /// A grid that skips segments once.
  struct SkippingClock: MediaClock {
    let skip: ClockStep

    func periods(
      from index: Int64, now: MonotonicTime
    ) -> (current: MediaPeriod, next: MediaPeriod?)? {
      let period = MediaPeriod(
        index: 0, first: .init(number: 0, firstFrame: 0), captured: .origin,
        offset: .zero, newest: (now, MediaTime(nanoseconds: now.nanoseconds)))
      return (period, nil)
    }
    func step(before number: Int64) -> ClockStep? { number == skip.expected ? skip : nil }
    func lateness(of mediaTime: MediaTime, in period: MediaPeriod) -> Interval { .zero }
  }

  @Test("after a suspension, audio continues with the segment to which the grid has skipped")
  func skip() throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(size: .hd720, segmentation: video)
    configuration.audio = .device("none")
    let segmentation = try #require(configuration.audioSegmentation)
    let window = LiveWindow(segmentation: .audio(segmentation), playlistLength: 10, retained: 20)
    let skip = ClockStep(segment: Self.segment + 3601, offset: 0, skipped: 3600)
    var pipeline = try AudioPipeline(
      configuration, segmentation: segmentation, window: window, from: Self.segment,
      clock: SkippingClock(skip: skip), queue: AudioQueue(), gracePeriod: .milliseconds(100),
      statistics: Locked(StreamStatistics(renditions: 2)),
      log: Log(format: .text, least: .error) { _ in })
    window.goLive()
    let half = MonotonicTime.origin + .milliseconds(500)
    try pipeline.advance(to: half + .seconds(Self.segment))
    #expect(window.snapshot.open?.number == Self.segment)
    try pipeline.advance(to: half + .seconds(Self.segment + 3602))
    let snapshot = window.snapshot
    let numbers = snapshot.segments.filter { !$0.isGap }.map(\.number)
    #expect(numbers == [skip.segment])
    #expect(snapshot.segments.last?.firstFrame == segmentation.firstFrame(of: skip.segment))
    #expect(snapshot.open?.number == skip.segment + 1)
  }
}
