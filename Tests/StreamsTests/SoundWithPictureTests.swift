// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import TestSupport
import Testing
import Time

@testable import Streams

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
