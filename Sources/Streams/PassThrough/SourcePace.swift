// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Time

/// How many access units arrive per second, by those of the last seconds: a pure state machine.
struct SourcePace: Sendable {
  /// The time over which units are counted, and its parts.
  private static let span = Interval.seconds(5)
  private static let step = Interval.seconds(1)
  /// The least difference from the timestamps, in percent.
  private static let minimumDifference: UInt64 = 2

  private var count: Int64 = 0
  /// One access unit per second, oldest first: its number, timestamp and arrival.
  private var samples: [(count: Int64, pts: SourceTime, arrival: MonotonicTime)] = []

  /// Adds the next access unit.
  mutating func add(_ unit: AccessUnit) {
    count = count.addingSaturated(1)
    guard samples.last.map({ unit.arrival - $0.arrival >= Self.step }) ?? true else { return }
    // bounded: a few samples
    if samples.count > 1, unit.arrival - samples[1].arrival >= Self.span { samples.removeFirst() }
    samples.append((count, unit.order, unit.arrival))
  }

  /// Access units per 1000 seconds by their arrival and by their timestamps; nil for less than
  /// ``span``.
  private var rates: (arriving: Int64, counted: Int64)? {
    guard let first = samples.first, let last = samples.last,
      last.arrival - first.arrival >= Self.span
    else { return nil }
    let thousandfold = last.count.subtractingSaturated(first.count).multipliedSaturated(by: 1000)
    return (
      (last.arrival - first.arrival).rate(of: thousandfold),
      (last.pts - first.pts).rate(of: thousandfold)
    )
  }

  /// Whether units arrive steadily at another rate than their timestamps say.
  ///
  /// A path whose delay varies changes the rate for moments only.
  var isOff: Bool {
    guard let rates, rates.counted > 0 else { return false }
    let difference = rates.arriving.subtractingSaturated(rates.counted).magnitude
    // bounded: a hundredth of a value, times a few percent
    return difference > rates.counted.magnitude / 100 * Self.minimumDifference
  }

  /// Why the timestamps of a source of `rate` cannot be used.
  func reason(_ rate: FrameRate) -> PassThroughAnalysis.Reason {
    guard isOff, let rates else { return .unplaceable(rate) }
    return .unpaced(rate, arriving: rates.arriving)
  }
}
