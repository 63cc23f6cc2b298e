// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Time

/// How many access units arrive per second, for the reason why timestamps cannot be used.
struct SourcePace: Sendable {
  private var count: Int64 = 0
  private var first: (pts: SourceTime, arrival: MonotonicTime)?
  private var last: (pts: SourceTime, arrival: MonotonicTime)?

  /// Adds the next access unit.
  mutating func add(_ unit: AccessUnit) {
    if first == nil { first = (unit.order, unit.arrival) }
    last = (unit.order, unit.arrival)
    count = count.addingSaturated(1)
  }

  /// Why the timestamps of a source of `rate` cannot be used.
  func reason(_ rate: FrameRate) -> PassThroughAnalysis.Reason {
    guard let first, let last, count > 1 else { return .unplaceable(rate) }
    let thousandfold = (count - 1).multipliedSaturated(by: 1000)  // bounded: count is positive
    let arriving = (last.arrival - first.arrival).rate(of: thousandfold)
    let counted = (last.pts - first.pts).rate(of: thousandfold)
    // Both agree within 2 % if timestamps only jump.
    let difference = arriving.subtractingSaturated(counted).magnitude
    let isFast = difference > counted.magnitude / 50
    return counted > 0 && isFast ? .unpaced(rate, arriving: arriving) : .unplaceable(rate)
  }
}
