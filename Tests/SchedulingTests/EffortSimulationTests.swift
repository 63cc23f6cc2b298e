// SPDX-License-Identifier: Apache-2.0

import Scheduling
import TestSupport
import Testing
import Time

/// An encoder of 30 frames per second whose machine encodes `speed` times as many at full effort.
private struct LoadedEncoder {
  private static let slot = Interval.nanoseconds(33_333_333)
  /// The cost of a slot at each step, in thousandths of that at full effort; a reduced frame rate
  /// and hurrying save what they do with 720p veryfast.
  private static let costs: [EncoderEffort.Step: Int64] = [
    .full: 1000, .halfRate: 500, .hurried: 280, .quarterRate: 140,
  ]
  /// The cost while one frame is shown until the end of its part.
  private static let minimumCost: Int64 = 100

  private(set) var effort = EncoderEffort()
  /// The times at which the step changed.
  private(set) var changes: [Interval] = []
  /// The time at which the effort was last reduced.
  private(set) var reducedUntil = Interval.zero
  private(set) var slots: [EncoderEffort.Step: Int] = [:]

  /// Encodes for a time; `speed` is in thousandths, by the time since the start.
  init(_ duration: Interval, speed: (Interval) -> Int64) {
    var due = Interval.zero
    var free = Interval.zero
    while due < duration {
      let begin = max(due, free)
      let before = effort.step
      effort.observe(lag: begin - due, now: .at(0) + begin)
      if effort.step != before { changes.append(begin) }
      if effort.step != .full { reducedUntil = begin }
      slots[effort.step, default: 0] += 1
      let cost =
        begin - due > .milliseconds(500) ? Self.minimumCost : Self.costs[effort.step] ?? 1000
      free = begin + .nanoseconds(Self.slot.nanoseconds * cost / speed(begin))
      due += Self.slot
    }
  }

  func share(_ step: EncoderEffort.Step) -> Double {
    Double(slots[step] ?? 0) / Double(slots.values.reduce(0, +))
  }
}

@Suite("The effort of an encoder on a simulated machine")
struct EffortSimulationTests {
  @Test(
    "a load that is on and off: full effort at most 25 s after its end",
    arguments: [(20, 20), (10, 10), (30, 30), (15, 25), (60, 20), (5, 10), (20, 10)])
  func pattern(on: Int64, off: Int64) {
    for speed in [200, 350, 700] as [Int64] {
      for start in TestLength.of(short: [0, 3300], long: [0, 1300, 3300, 6000] as [Int64]) {
        let start = Interval.milliseconds(start)
        var end = Interval.zero
        let encoder = LoadedEncoder(.seconds(760)) { now in
          let phase = (now - start).nanoseconds % Interval.seconds(on + off).nanoseconds
          guard now >= start, now < .seconds(580), phase < Interval.seconds(on).nanoseconds else {
            return 2000
          }
          end = max(end, now)
          return speed
        }
        #expect(encoder.effort.step == .full)
        #expect(
          encoder.reducedUntil - end <= .seconds(25),
          "\(on) s on, \(off) s off, speed \(speed), from \(start): \(encoder.reducedUntil - end)")
      }
    }
  }

  @Test("20 s on, 20 s off: a quarter of the frames for at most a few seconds after each load")
  func quarter() {
    let encoder = LoadedEncoder(.seconds(600)) { now in
      now.nanoseconds % Interval.seconds(40).nanoseconds < Interval.seconds(20).nanoseconds
        ? 350 : 2000
    }
    #expect(encoder.share(.quarterRate) <= 0.15, "\(encoder.share(.quarterRate))")
    #expect(encoder.share(.full) >= 0.2, "\(encoder.share(.full))")
  }

  @Test(
    "a constant load: after ten minutes at most two trials per minute",
    arguments: [100, 200, 250, 280, 300, 400, 500, 520, 700, 800, 900, 950, 970, 980, 990]
      as [Int64])
  func constant(speed: Int64) {
    let encoder = LoadedEncoder(.seconds(1200)) { _ in speed }
    let late = encoder.changes.count { $0 >= .seconds(600) }
    #expect(late <= 40, "\(late) changes in ten minutes")
    #expect(encoder.changes.count <= 100, "\(encoder.changes.count) changes")
  }
}
