// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Packaging
import Scheduling
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

/// Hours of a passed-through source whose crystal is fast or slow, on a simulated clock.
@Suite("Drift of a passed-through source")
struct PassThroughDriftTests {
  private static let second: Interval = 1_000_000_000
  /// The wall clock at monotonic time 0.
  private static let wall: Interval = 1_795_155_720_300_000_000
  private static let framesPerSecond: Int64 = 5
  /// In three hours a crystal of 100 ppm drifts by more than a segment; in one, a crystal of 50 ppm
  /// by four times the limit of its dates.
  private static func hours(_ ppm: Int64) -> Int64 {
    TestLength.of(short: abs(ppm) < 100 ? 1 : 3, long: 24)
  }

  private struct Stream {
    var window: LiveWindow
    var schedule: PassThroughSchedule
    var timeline: VideoTimeline
    var mapping = SourceClock()
    var random = SplitMix64(seed: 3)

    init() throws {
      let rate = try #require(FrameRate(framesPerSecond))
      let segmentation = Segmentation(
        rate: rate, segmentMicroseconds: 1_000_000, partMicroseconds: 200_000)
      window = LiveWindow(segmentation: .video(segmentation), playlistLength: 6, retained: 8)
      schedule = PassThroughSchedule(segmentation: segmentation, first: 0)
      timeline = VideoTimeline(grid: segmentation.grid)
      window.goLive()
    }
  }

  @Test(
    "hours have no Discontinuity; PROGRAM-DATE-TIME follows the clock; audio stays with video",
    arguments: [Int64(100), -100, 50, -50])
  func hours(ppm: Int64) throws {
    var stream = try Stream()
    let step = Self.second / Self.framesPerSecond
    var (unplaced, discontinuities, otherOffsets) = (0, 0, 0)
    var (offWall, apart, offSegment) = (Interval.zero, Interval.zero, Interval.zero)
    var offPeriod = Interval.zero
    var last: Segment?
    var periods = Set<Int64>()
    for index in 0..<Self.hours(ppm) * 3600 * Self.framesPerSecond {
      let elapsedThere = index * step
      let pts = SourceTime.origin + elapsedThere
      // The source counts `pts` while the true time is shorter or longer.
      let elapsed = MonotonicTime.origin + (elapsedThere - elapsedThere / 1_000_000 * ppm)
      let arrival = elapsed + .nanoseconds(30_000_000 + Int64(stream.random.next() % 15_000_000))
      let captured = stream.mapping.captureTime(pts: pts, arrival: arrival)
      let assigned = stream.schedule.assign(
        pts: pts, isKey: index % Self.framesPerSecond == 0,
        captured: WallTime(captured, plus: Self.wall))
      // Counted, since an expectation per frame takes longer than the rest.
      guard let position = assigned else {
        unplaced += 1
        continue
      }
      let grid = FrameGrid(rate: stream.window.segmentation.video.grid.rate)
      let chunk = Chunk(
        frameIndex: position.frameIndex, segment: position.segment,
        isIndependent: position.indexInSegment == 0, duration: grid.rate.ticksPerFrame,
        captured: position.captured, published: position.captured, bytes: SharedBytes([]))
      if let start = position.periodStart {
        stream.timeline.begin(
          number: position.segment, first: position.frameIndex, pts: pts, captured: captured,
          offset: start.offset)
        stream.window.begin([chunk], offset: start.offset, skipped: 0)
      } else {
        stream.timeline.append(
          position.frameIndex, in: position.segment, pts: pts, captured: captured,
          offset: position.offset)
        stream.window.publish(chunk, offset: position.offset)
      }
      guard index > 60 * Self.framesPerSecond else { continue }
      let media = grid.frameTime(of: position.frameIndex)
      let due = elapsed + 30_000_000 + Self.wall
      offWall = max(offWall, abs((media + position.offset).offset(from: due)))
      // Audio with the same timestamp as the frame belongs to the same media time.
      if let period = stream.timeline.period(from: 0) {
        let audio = period.mediaTime(pts: pts, captured: captured)
        apart = max(apart, abs(audio - media))
        if period.offset(in: position.segment) != position.offset { otherOffsets += 1 }
      }
      guard let segment = stream.window.snapshot.segments.last, segment.number != last?.number
      else {
        continue
      }
      periods.insert(segment.period.index)
      if segment.startsDiscontinuity { discontinuities += 1 }
      let drift = segment.programDateTime - grid.frameTime(of: segment.firstFrame).wall
      offPeriod = max(offPeriod, abs(drift - segment.period.offset))
      if let last, last.number == segment.number - 1 {
        let duration = grid.rate.duration(ofTicks: last.duration)
        offSegment = max(offSegment, abs(segment.programDateTime - last.programDateTime - duration))
      }
      last = segment
    }
    #expect(unplaced == 0)
    #expect(discontinuities == 0 && stream.window.snapshot.discontinuitySequence == 0)
    #expect(otherOffsets == 0, "audio has other dates than video")
    #expect(offPeriod <= 41_000_000, "an MPD leaves the clock")
    #expect(offWall <= 20_000_000, "PROGRAM-DATE-TIME leaves the capture times")
    #expect(offSegment <= 1_000_000, "successive dates differ from the duration by over 1 ms")
    #expect(apart <= 5_000_000, "audio leaves the video")
    // A Period per 40 ms of drift: MPDs stay with the clock too.
    #expect(abs(Int64(periods.count) - Self.hours(ppm) * 3600 * abs(ppm) / 40_000) <= 3)
  }
}

@Suite("Audio stays with its picture, over ten simulated minutes")
struct SoundWithPictureTests {
  /// The clocks of the tracks in parts per million, and whether the video is passed through.
  struct Row: Sendable, CustomTestStringConvertible {
    let video: Double
    let audio: Double
    let isPassed: Bool
    var testDescription: String {
      "video \(video) ppm, audio \(audio) ppm, \(isPassed ? "passed through" : "encoded")"
    }
  }

  static let rows = [true, false].flatMap { isPassed in
    [(0.0, 100.0), (0, -100), (100, 100), (-100, -100), (100, 0), (-100, 0)].map {
      Row(video: $0.0, audio: $0.1, isPassed: isPassed)
    }
  }
  private static let length = Interval.seconds(600)
  private static let most = Interval.milliseconds(40)
  private static let rate: Int32 = 48_000
  private static let seconds: Int64 = 1_795_155_720
  private static let wall = WallTime.origin + .seconds(seconds)
  private static let grid = FrameGrid(rate: .thirty)

  /// A frame with its media time.
  private struct Picture {
    let captured: MonotonicTime
    let shown: MediaTime
  }

  /// Video as a stream publishes it.
  private struct Video {
    let isPassed: Bool
    private let clock = StreamClock(wall: wall, monotonic: 0)
    private var shift = SourceShift(grid)
    private var schedule = PassThroughSchedule(
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000),
      first: SoundWithPictureTests.seconds)
    private var timeline = VideoTimeline(grid: grid)
    private var count: Int64 = 0
    private(set) var periods = 0

    init(isPassed: Bool) { self.isPassed = isPassed }

    /// The media time of a frame; nil if it is not shown.
    mutating func show(
      _ unit: SourceDriftTests.Unit, at mapped: MonotonicTime, _ mapping: SourceClock
    ) -> MediaTime? {
      defer { count += 1 }
      guard isPassed else {
        let placed = shift.align(mapped, clock, mapping: mapping.steps)
        return grid.frameTime(of: clock.frame(nearest: placed, on: grid))
      }
      let position = schedule.assign(
        pts: unit.pts, isKey: count % 30 == 0, captured: WallTime(mapped, plus: wall - .origin),
        arrival: unit.arrival)
      guard let position else { return nil }
      if let period = position.periodStart {
        periods += 1
        timeline.begin(
          number: position.segment, first: position.frameIndex, pts: position.timestamp,
          captured: mapped, offset: period.offset)
      } else {
        timeline.append(
          position.frameIndex, in: position.segment, pts: position.timestamp, captured: mapped,
          offset: position.offset)
      }
      return grid.frameTime(of: position.frameIndex)
    }

    /// The media time of audio; nil before video.
    func time(of pts: SourceTime, at mapped: MonotonicTime) -> MediaTime? {
      guard isPassed else { return MediaTime(mapped + shift.phase, plus: wall - .origin) }
      return timeline.period(from: Int64(periods - 1))?.mediaTime(pts: pts, captured: mapped)
    }
  }

  @Test("its distance from the picture changes by 40 ms at most", arguments: rows)
  func together(_ row: Row) throws {
    var pictures = SourceDriftTests.Network(.video, (1, 30), speed: 1 + row.video / 1_000_000)
    var sounds = SourceDriftTests.Network(
      .audio, (1024, Int64(Self.rate)), speed: 1 + row.audio / 1_000_000)
    var (mapping, drift) = (SourceClock(), AudioDrift())
    var video = Video(isPassed: row.isPassed)
    var positions = AudioFramePositioner(
      sampleRate: Self.rate, from: Self.seconds * Int64(Self.rate) / 1024)
    var newest: Picture?
    var apart = Interval.zero
    var (one, two) = (pictures.next(), sounds.next())
    while one.pts < .origin + Self.length {
      if one.arrival <= two.arrival {
        drift.takeVideo(one.pts, arrival: one.arrival)
        let mapped = mapping.captureTime(.video, pts: one.pts, arrival: one.arrival)
        if let shown = video.show(one, at: mapped, mapping) {
          newest = Picture(captured: one.captured, shown: shown)
        }
        one = pictures.next()
        continue
      }
      let unit = two
      two = sounds.next()
      let pts = drift.audio(unit.pts, arrival: unit.arrival)
      let mapped = mapping.captureTime(.audio, pts: pts, arrival: unit.arrival)
      guard unit.pts > .origin + .seconds(3), let newest,
        let wanted = video.time(of: pts, at: mapped)
      else { continue }
      // Resampled audio is within 5 ms of its time; copied audio has a grid.
      var heard = wanted
      if row.isPassed {
        guard let index = positions.place(at: wanted).index else { continue }
        heard = MediaTime.origin + Interval(ticks: index * 1024, timescale: Int64(Self.rate))
      }
      let off = (heard - newest.shown) - (unit.captured - newest.captured)
      apart = max(apart, off.magnitude)
    }
    #expect(apart <= Self.most)
    #expect(video.periods <= 1 && mapping.restarts == 0)
  }
}
