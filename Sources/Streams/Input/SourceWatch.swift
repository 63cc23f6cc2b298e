// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Time

/// The irregularities of one connection to a live source: a pure state machine.
///
/// B-frames without decode timestamps are not watched, since their decoding order is unknown.
struct SourceWatch {
  /// The interval between two reports.
  private static let interval = Interval.seconds(1)
  /// Of so many units without decode timestamps, more falls than one in ``mostFalls`` are B-frames.
  private static let judged = 50
  private static let mostFalls = 8

  private var timestamps: TimestampWatch?
  private var reported = SourceIrregularities()
  private var nextReport = MonotonicTime.origin
  /// Access units without decode timestamps, those whose timestamp falls, and the newest one.
  private var undated: (count: Int, falls: Int, last: SourceTime) = (0, 0, .origin)
  private var isReordered = false

  /// Takes the next access unit.
  ///
  /// - Parameters:
  ///   - unit: the access unit.
  ///   - facts: those of the source; nil while unknown.
  ///   - audioLag: how much later audio arrives than video; nil if unknown.
  /// - Returns: the irregularities, if they have changed since the last report.
  mutating func take(
    _ unit: AccessUnit, _ facts: @autoclosure () -> SourceFacts?, audioLag: Interval?
  ) -> SourceIrregularities? {
    watch(unit, facts)
    guard unit.arrival >= nextReport else { return nil }
    nextReport = unit.arrival + Self.interval
    var present = SourceIrregularities()
    if !isReordered, let timestamps {
      present.displacedPerMinute = UInt64(
        clamping: timestamps.displacedPerMinute(at: unit.arrival))
      present.timestampStep = timestamps.step(at: unit.arrival)
    }
    present.audioLag = audioLag
    guard present != reported else { return nil }
    reported = present
    return present
  }

  private mutating func watch(_ unit: AccessUnit, _ facts: () -> SourceFacts?) {
    if unit.dts == nil {
      if undated.count > 0, unit.pts < undated.last { undated.falls += 1 }
      (undated.count, undated.last) = (undated.count + 1, unit.pts)
      if undated.count > Self.judged {
        // bounded: counts restart
        isReordered = undated.falls * Self.mostFalls > undated.count
        undated = (1, 0, unit.pts)
      }
    }
    if timestamps == nil, let facts = facts() {
      timestamps = TimestampWatch(facts.rate)
      if unit.dts == nil, case .fits(let fit) = facts.passThrough, fit.reordering != .none {
        isReordered = true
      }
    }
    timestamps?.take(unit.dts ?? unit.pts, arrival: unit.arrival)
  }
}
