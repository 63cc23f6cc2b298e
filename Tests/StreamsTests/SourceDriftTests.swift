// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Streams
import TestSupport
import Testing
import Time

@Suite("A source whose crystal is off, over minutes")
struct SourceDriftTests {
  private static let second: Interval = 1_000_000_000
  private static let grid = FrameGrid(rate: .thirty)
  private static let frame = FrameRate.thirty.frameDuration
  private static let seconds: Int64 = 1_795_155_720
  private static let wall = WallTime.origin + .seconds(seconds)
  private static let clock = StreamClock(wall: wall, monotonic: 0)
  /// The largest allowed error of audio: one AAC frame.
  private static let most: Interval = 22_000_000
  /// How long a source sends: without correction its drift exceeds the limits, of at most a frame,
  /// by 80 %.
  private static let length = Interval.seconds(TestLength.of(short: 300, long: 3600))
  /// The constant delay of the network.
  private static let delay: Interval = 3_000_000

  /// A unit: its timestamp on the source's clock, and its true capture time.
  struct Unit: Sendable {
    let track: SourceClock.Track
    let pts: SourceTime
    let captured: MonotonicTime
    let arrival: MonotonicTime
  }

  /// A track over a network with up to 15 ms more delay, sometimes 100 ms, in order.
  struct Network: Sendable {
    let track: SourceClock.Track
    let step: (samples: Int64, rate: Int64)
    let speed: Double
    private var index: Int64 = 0
    private var last = MonotonicTime.distantPast
    private var random: SplitMix64

    init(_ track: SourceClock.Track, _ step: (samples: Int64, rate: Int64), speed: Double) {
      (self.track, self.step, self.speed) = (track, step, speed)
      random = SplitMix64(seed: track == .video ? 5 : 11)
    }

    mutating func next() -> Unit {
      let pts = SourceTime.origin + Interval(ticks: index * step.samples, timescale: step.rate)
      let captured = MonotonicTime(
        nanoseconds: Int64((Double(pts.nanoseconds) / speed).rounded()))
      let late =
        random.next() % 997 == 0 ? 100_000_000 : Int64(random.next() % 15_000_000)
      last = max(last, captured + delay + .nanoseconds(late))
      index += 1
      return Unit(track: track, pts: pts, captured: captured, arrival: last)
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let speed: Double
    /// The phase of its first frame between two frame times, as a part of a frame.
    let phase: Double
    let isCopied: Bool
    var testDescription: String {
      "pts × \(speed), \(isCopied ? "copied AAC" : "encoded audio"), from \(phase) of a frame"
    }
  }

  static let rows = [true, false].flatMap { isCopied in
    [(1.0002, 0.1), (1.0002, 0.45), (0.9998, 0.6), (0.9998, 0.45), (1.0, 0.5)].map {
      Row(speed: $0.0, phase: $0.1, isCopied: isCopied)
    }
  }

  @Test("video and audio stay together, and by the wall clock", arguments: rows)
  func drift(_ row: Row) throws {
    // Blocks of 64 ms, so that decoded audio is converted fast.
    let rate: Int32 = row.isCopied ? 48_000 : 16_000
    var video = Network(.video, (1, 30), speed: row.speed)
    var audio = Network(.audio, (1024, Int64(rate)), speed: row.speed)
    var mapping = SourceClock()
    var gridAligner = SourceShift(Self.grid)
    var aligner = AudioFramePositioner(
      sampleRate: rate, from: Self.seconds * Int64(rate) / 1024)
    let settings = AudioEncoderSettings(sampleRate: rate, channels: 1)
    var resampler = try Resampler(fromRate: rate, channels: 1, to: settings)
    let block = PCMBlock.silence(channels: 1, count: 1024)
    let begin = Interval.nanoseconds(Int64(row.phase * Double(Self.frame.nanoseconds)))
    var videoError: Interval?
    var (offWall, offPlace, apart) = (Interval.zero, Interval.zero, Interval.zero)
    var (one, two) = (video.next(), audio.next())
    while one.pts < .origin + Self.length {
      let isVideo = one.arrival <= two.arrival
      let unit = isVideo ? one : two
      let mapped =
        mapping.captureTime(unit.track, pts: unit.pts, arrival: unit.arrival + begin)
      let isSettled = unit.pts > .origin + 2 * Self.second
      if isVideo {
        one = video.next()
        let placed = gridAligner.align(mapped, Self.clock, mapping: mapping.steps)
        let frameTime = Self.clock.due(
          Self.clock.frame(nearest: placed, on: Self.grid), on: Self.grid)
        let off = frameTime - unit.captured - begin - Self.delay
        videoError = off
        if isSettled { offWall = max(offWall, abs(off)) }
        continue
      }
      two = audio.next()
      guard isSettled, let videoError else { continue }
      let wanted = mapped + gridAligner.phase
      let mediaTime = MediaTime(wanted, plus: Self.wall - .origin)
      let placed: MonotonicTime
      if row.isCopied {
        guard let index = aligner.place(at: mediaTime).index else { continue }
        let time = MediaTime.origin + Interval(ticks: index * 1024, timescale: Int64(rate))
        placed = MonotonicTime(time, minus: Self.wall - .origin)
      } else {
        _ = try resampler.convert(block, at: mediaTime)
        placed = wanted - resampler.error * Self.second / Int64(rate)
      }
      offPlace = max(offPlace, abs(placed - wanted))
      apart = max(apart, abs(placed - unit.captured - begin - Self.delay - videoError))
    }
    #expect(offWall <= Self.frame)
    #expect(offPlace <= Self.most)
    // AAC frames and video frames have a grid each; resampled audio has none.
    #expect(apart <= (row.isCopied ? Self.frame : Self.most))
    if row.speed == 1 { #expect(apart <= Self.frame / 2) }
    #expect(mapping.restarts == 0)
  }
}
