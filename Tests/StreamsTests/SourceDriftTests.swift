// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import TestSupport
import Testing

@testable import Streams

@Suite("An hour of a source whose crystal is off")
struct SourceDriftTests {
  private static let second: Int64 = 1_000_000_000
  private static let grid = FrameGrid(rate: .thirty)
  private static let frame = FrameRate.thirty.frameNanoseconds
  private static let wall: Int64 = 1_795_155_720 * second
  private static let clock = StreamClock(wall: wall, monotonic: 0)
  /// The most that sound may be from its place: an AAC frame.
  private static let most: Int64 = 22_000_000
  /// What the way always takes.
  private static let way: Int64 = 3_000_000

  /// What comes at one time: its stamp on the source's clock, and when it was really captured.
  struct Unit: Sendable {
    let track: SourceClock.Track
    let pts: Int64
    let captured: Int64
    let arrival: Int64
  }

  /// A track over a way that takes up to 15 ms more, and once in a while 100 ms, without overtaking.
  struct Way: Sendable {
    let track: SourceClock.Track
    let step: (samples: Int64, rate: Int64)
    let speed: Double
    private var index: Int64 = 0
    private var last = Int64.min
    private var random: SplitMix64

    init(_ track: SourceClock.Track, _ step: (samples: Int64, rate: Int64), speed: Double) {
      (self.track, self.step, self.speed) = (track, step, speed)
      random = SplitMix64(seed: track == .video ? 5 : 11)
    }

    mutating func next() -> Unit {
      let pts = index * step.samples * second / step.rate
      let captured = Int64((Double(pts) / speed).rounded())
      let late =
        random.next() % 997 == 0 ? 100_000_000 : Int64(random.next() % 15_000_000)
      last = max(last, captured + way + late)
      index += 1
      return Unit(track: track, pts: pts, captured: captured, arrival: last)
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let speed: Double
    /// Where between two ticks its first picture lies, as a part of a frame.
    let phase: Double
    let isPassed: Bool
    var testDescription: String {
      "pts × \(speed), \(isPassed ? "AAC as it comes" : "encoded sound"), from \(phase) of a frame"
    }
  }

  static let rows = [true, false].flatMap { isPassed in
    [(1.0002, 0.1), (1.0002, 0.45), (0.9998, 0.6), (0.9998, 0.45), (1.0, 0.5)].map {
      Row(speed: $0.0, phase: $0.1, isPassed: isPassed)
    }
  }

  @Test("picture and sound keep together, both by the wall clock", arguments: rows)
  func hour(_ row: Row) throws {
    // Blocks of 64 ms, so that an hour of decoded sound is quickly converted.
    let rate: Int32 = row.isPassed ? 48_000 : 16_000
    var video = Way(.video, (1, 30), speed: row.speed)
    var audio = Way(.audio, (1024, Int64(rate)), speed: row.speed)
    var mapping = SourceClock()
    var gridAligner = GridAligner(Self.grid)
    var aligner = AudioFrameAligner(
      sampleRate: rate, from: Self.wall / Self.second * Int64(rate) / 1024)
    let settings = AudioEncoderSettings(sampleRate: rate, channels: 1)
    var resampler = try Resampler(fromRate: rate, channels: 1, to: settings)
    let block = PCMBlock.silence(channels: 1, count: 1024)
    let begin = Int64(row.phase * Double(Self.frame))
    var picture: Int64?
    var (offWall, offPlace, apart) = (Int64(0), Int64(0), Int64(0))
    var (one, two) = (video.next(), audio.next())
    while one.pts < 3600 * Self.second {
      let isVideo = one.arrival <= two.arrival
      let unit = isVideo ? one : two
      let mapped =
        mapping.captureTime(unit.track, pts: unit.pts, arrival: unit.arrival + begin)
      let isSettled = unit.pts > 2 * Self.second
      if isVideo {
        one = video.next()
        let placed = gridAligner.align(mapped, Self.clock, mapping: mapping.steps)
        let tick = Self.clock.due(Self.clock.frame(nearest: placed, on: Self.grid), on: Self.grid)
        let off = tick - unit.captured - begin - Self.way
        picture = off
        if isSettled { offWall = max(offWall, abs(off)) }
        continue
      }
      two = audio.next()
      guard isSettled, let picture else { continue }
      let wanted = mapped + gridAligner.phase
      let placed: Int64
      if row.isPassed {
        guard let index = aligner.place(at: wanted + Self.wall).index else { continue }
        placed = Int64(Int128(index) * 1024 * 1_000_000_000 / Int128(rate)) - Self.wall
      } else {
        _ = try resampler.convert(block, at: wanted + Self.wall)
        placed = wanted - resampler.error * Self.second / Int64(rate)
      }
      offPlace = max(offPlace, abs(placed - wanted))
      apart = max(apart, abs(placed - unit.captured - begin - Self.way - picture))
    }
    #expect(offWall <= Self.frame)
    #expect(offPlace <= Self.most)
    // Coded frames of sound and pictures have a grid each; sound that can be stretched has none.
    #expect(apart <= (row.isPassed ? Self.frame : Self.most))
    if row.speed == 1 { #expect(apart <= Self.frame / 2) }
    #expect(mapping.restarts == 0)
  }
}
