// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Scheduling
@testable import Streams

@Suite("The audio of an encoded stream")
struct AudioTrackPipelineTests {
  static let segment: Int64 = 1_795_155_720

  /// A grid that skips segments once.
  struct SkippingClock: MediaClock {
    let skip: ClockStep

    func periods(
      from index: Int64, now: MonotonicTime
    ) -> (current: PeriodAlignment, next: PeriodAlignment?)? {
      let period = PeriodAlignment(
        index: 0, first: .init(number: 0, firstFrame: 0, offset: .zero), captured: .origin,
        offset: .zero, newest: (now, MediaTime(now, plus: .zero)))
      return (period, nil)
    }
    func step(before number: Int64) -> ClockStep? { number == skip.expected ? skip : nil }
    func lateness(of mediaTime: MediaTime, in period: PeriodAlignment) -> Interval { .zero }
  }

  @Test("after a suspension, audio continues with the segment to which the grid has skipped")
  func skip() throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(size: .hd720, segmentation: video)
    configuration.audioTracks = [AudioTrackSettings(.device("none"))]
    let (output, window) = try configuration.audioOutput()
    let skip = ClockStep(segment: Self.segment + 3601, offset: 0, skipped: 3600)
    var pipeline = try AudioTrackPipeline(
      output, stream: "live", from: Self.segment, clock: SkippingClock(skip: skip),
      gracePeriod: .milliseconds(100), statistics: Locked(StreamStatistics(renditions: 2)),
      log: Log(format: .text, least: .error) { _ in })
    window.goLive()
    let half = MonotonicTime.origin + .milliseconds(500)
    try pipeline.advance(to: half + .seconds(Self.segment))
    #expect(window.snapshot.open?.number == Self.segment)
    try pipeline.advance(to: half + .seconds(Self.segment + 3602))
    let snapshot = window.snapshot
    let numbers = snapshot.segments.filter { !$0.isGap }.map(\.number)
    #expect(numbers == [skip.segment])
    #expect(snapshot.segments.last?.firstFrame == output.segmentation.firstFrame(of: skip.segment))
    #expect(snapshot.open?.number == skip.segment + 1)
  }

  @Test("audio that cannot be encoded is silence and one log line, and later audio is encoded")
  func refused() throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(size: .hd720, segmentation: video)
    configuration.audioTracks = [AudioTrackSettings(.input(nil))]
    let (output, window) = try configuration.audioOutput()
    let lines = Locked<[String]>([])
    var pipeline = try AudioTrackPipeline(
      output, stream: "live", from: Self.segment,
      clock: SkippingClock(skip: ClockStep(segment: 0, offset: 0, skipped: 0)),
      gracePeriod: .milliseconds(100), statistics: Locked(StreamStatistics(renditions: 2)),
      log: Log(format: .text, least: .info) { line in lines.withLock { $0.append(line) } })
    window.goLive()
    let start = MonotonicTime.origin + .seconds(Self.segment)
    func push(channels: Int, at time: MonotonicTime) {
      output.queue.push(
        .init(
          bytes: [UInt8](repeating: 64, count: 4800 * 2 * channels),
          format: .init(
            codec: "pcm_s16le", sampleRate: 48_000, channels: channels, configuration: []),
          pts: SourceTime(time, plus: .zero), captured: time))
    }
    for index in Int64(0)..<50 {
      let time = start + .milliseconds(100 * index)
      push(channels: index < 30 ? 9 : 2, at: time)
      try pipeline.advance(to: time + .milliseconds(150))
    }
    #expect(lines.withLock { $0.count } == 1, "\(lines.withLock { $0 })")
    #expect(lines.withLock { $0.first?.contains("9 channels") } == true)
    let snapshot = window.snapshot
    #expect(snapshot.segments.map(\.number) == (Self.segment..<Self.segment + 4).map { $0 })
    // Silence has constant, small AAC frames; audio has larger ones.
    let sizes = snapshot.segments.map { $0.chunks.reduce(0) { $0 + $1.bytes.count } }
    #expect(sizes[1] == sizes[0] || sizes[1] < sizes[3], "\(sizes)")
    #expect(sizes[3] > sizes[1], "\(sizes)")
  }

  @Test("audio that cannot be decoded is one log line and a state, which ends with other audio")
  func undecodable() throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(size: .hd720, segmentation: video)
    configuration.audioTracks = [AudioTrackSettings(.input(nil))]
    let (output, window) = try configuration.audioOutput()
    let lines = Locked<[String]>([])
    let statistics = Locked(StreamStatistics(renditions: 2))
    var pipeline = try AudioTrackPipeline(
      output, stream: "live", from: Self.segment,
      clock: SkippingClock(skip: ClockStep(segment: 0, offset: 0, skipped: 0)),
      gracePeriod: .milliseconds(100), statistics: statistics,
      log: Log(format: .text, least: .info) { line in lines.withLock { $0.append(line) } })
    window.goLive()
    let start = MonotonicTime.origin + .seconds(Self.segment)
    func push(_ codec: String, _ bytes: [UInt8], at index: Int64) throws {
      let time = start + .milliseconds(20 * index)
      output.queue.push(
        .init(
          bytes: bytes,
          format: .init(codec: codec, sampleRate: 48_000, channels: 2, configuration: []),
          pts: SourceTime(time, plus: .zero), captured: time))
      try pipeline.advance(to: time + .milliseconds(150))
    }
    for index in Int64(0)..<40 { try push("mp2", [0x47, 0x11, 0x22, 0x33, 0x44], at: index) }
    #expect(statistics.withLock { $0.audioFault } == nil)
    for index in Int64(40)..<150 { try push("mp2", [0x47, 0x11, 0x22, 0x33, 0x44], at: index) }
    #expect(statistics.withLock { $0.audioFault } == .undecodable)
    #expect(lines.withLock { $0.count } == 1, "\(lines.withLock { $0 })")
    let line = lines.withLock { $0.first ?? "" }
    #expect(line.contains("mp2, 48000 Hz, 2 channels") && line.contains("cannot be decoded"))
    for index in Int64(150)..<160 {
      try push("pcm_s16le", [UInt8](repeating: 64, count: 960 * 4), at: index)
    }
    #expect(statistics.withLock { $0.audioFault } == nil)
  }
}
