// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Whether access units arrive steadily at another rate than their timestamps say: a pure state
/// machine.
///
/// The lateness of a unit is its arrival minus its timestamp, without the jumps by which a sender
/// corrects its timestamps (``FramePrediction/counted``). The least lateness of 1.5 s
/// excludes media that a line held and then sent at once, and a path that becomes longer raises it
/// once. Only a source that does not keep its own pace raises it again and again by as much.
package struct SourcePace: Sendable {
  /// The unit of least lateness of a window: its number and its times.
  private struct Least: Sendable {
    let count: Int64
    let pts: SourceTime
    let arrival: MonotonicTime

    var lateness: Interval { arrival.offset(from: pts) }
  }

  /// The time over which the least lateness is taken.
  private static let window = Interval.milliseconds(1500)
  /// The most windows that are kept.
  private static let capacity = 25
  /// The least steps between windows in one direction: lateness grows.
  private static let growingSteps = 3
  /// The least steps if it falls: a line that catches up does so for a shorter time.
  private static let fallingSteps = 8
  /// The least change of lateness over all steps.
  private static let minimumChange = Interval.milliseconds(500)
  /// The least difference of the two rates, in percent.
  private static let minimumDifference: Int64 = 2

  private var count: Int64 = 0
  /// The windows, oldest first; the newest is incomplete.
  private var windows: [Least] = []
  private var windowBegin = MonotonicTime.distantPast
  /// The least lateness of the windows that are not kept; nil if there are none.
  private var formerLeast: Interval?
  /// Access units that arrive in 1000 seconds by the complete windows; nil while their lateness
  /// stays.
  private var steady: Int64?

  /// A source without access units.
  package init() {}

  /// Adds the next access unit, by its timestamp on a timeline of decoding and by its arrival.
  package mutating func add(pts: SourceTime, arrival: MonotonicTime) {
    count = count.addingSaturated(1)
    let added = Least(count: count, pts: pts, arrival: arrival)
    if let last = windows.last, arrival - windowBegin < Self.window {
      if added.lateness < last.lateness { windows[windows.count - 1] = added }
      return
    }
    steady = steadyRate
    windowBegin = arrival
    if windows.count == Self.capacity {
      let oldest = windows.removeFirst().lateness
      formerLeast = min(formerLeast ?? oldest, oldest)
    }
    windows.append(added)
  }

  /// Access units that arrive in 1000 seconds by the newest windows, if their lateness has changed
  /// steadily.
  private var steadyRate: Int64? {
    guard let last = windows.last else { return nil }
    var steps: [Interval] = []
    for index in windows.indices.dropLast().reversed() {
      // bounded: not the last index
      let (first, next) = (windows[index], windows[index + 1])
      let step = next.lateness - first.lateness
      let time = next.arrival - first.arrival
      // bounded: intervals saturate
      guard step.magnitude * 100 >= time * Self.minimumDifference,
        steps.allSatisfy({ ($0 < .zero) == (step < .zero) })
      else { return nil }
      steps.append(step)
      let change = last.lateness - first.lateness
      guard change.magnitude >= Self.minimumChange else { continue }
      if change < .zero {
        // A line that catches up does not become earlier than it was; a sender does, by the time
        // that it has lost while it connected.
        let before = (windows[..<index].map(\.lateness) + [formerLeast ?? .max]).min() ?? .max
        guard steps.count >= Self.fallingSteps, before != .max,
          before - last.lateness >= Self.minimumChange
        else { continue }
      }
      guard steps.count >= Self.growingSteps else { continue }
      // bounded: at most 24 steps, and intervals saturate
      let total = steps.reduce(.zero) { $0 + $1.magnitude }
      let isSteady = steps.allSatisfy {
        // bounded: at most 24 steps, and intervals saturate
        let scaled = $0.magnitude * Int64(steps.count)
        return 2 * scaled >= total && scaled <= 2 * total
      }
      guard isSteady else { continue }
      let thousandfold = last.count.subtractingSaturated(first.count).multipliedSaturated(by: 1000)
      return (last.arrival - first.arrival).rate(of: thousandfold)
    }
    return nil
  }

  /// Access units that arrive in 1000 seconds; nil while the source keeps the pace of `rate`, which
  /// its timestamps count.
  package func arriving(unlike rate: FrameRate) -> Int64? {
    // bounded: a denominator is positive
    let stated = rate.numerator.multipliedSaturated(by: 1000) / rate.denominator
    // bounded: a hundredth of a value, times a few percent
    let least = stated.magnitude / 100 * Self.minimumDifference.magnitude
    return steady.flatMap { $0.subtractingSaturated(stated).magnitude >= least ? $0 : nil }
  }
}
