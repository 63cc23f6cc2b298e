// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Time

/// A Period on the timeline of the presentation.
///
/// Its `id` and start are constant; its first segment may have left the window.
struct Period: Equatable {
  /// Period@id: unique in the presentation, also after a restart of the program.
  let id: String
  /// Period@start: the time after availabilityStartTime.
  let start: Interval
  /// The number since 1970 of its first segment.
  let firstSegment: Int64
  /// The index of its first frame.
  let firstFrame: Int64
  /// The number of Periods before it since the stream began.
  let index: Int64
  /// The discontinuity period.
  let period: DiscontinuityPeriod
  /// Period@duration; nil unless the stream has ended.
  var duration: Interval?

  /// The Period of `period`; if `firstListed` is given, only from that segment on.
  init(
    _ period: DiscontinuityPeriod, _ segmentation: Segmentation, _ names: MediaNames,
    firstListed: Segment? = nil
  ) {
    let anchor = period.firstSegment ?? names.base
    id = "p\(anchor)"
    index = period.index
    self.period = period
    // The first period begins with `startNumber` 1.
    firstSegment = firstListed?.number ?? period.firstSegment ?? names.base + 1
    firstFrame =
      firstListed?.firstFrame ?? period.firstFrame ?? segmentation.firstFrame(of: firstSegment)
    let begin = WallTime(segmentation.grid.frameTime(of: firstFrame), plus: period.offset)
    start = begin - .origin - segmentation.segmentDuration
  }

  /// The Periods of the listed segments, oldest first; empty if there is no segment.
  static func all(of snapshot: WindowSnapshot, _ segmentation: Segmentation, _ names: MediaNames)
    -> [Period]
  {
    let hasEnded = snapshot.state == .ended
    var periods: [Period] = []
    var last: DiscontinuityPeriod?
    for segment in snapshot.listed {
      if segment.period != last {
        periods.append(
          Period(
            segment.period, segmentation, names, firstListed: hasEnded ? segment : nil))
        if hasEnded { periods[periods.count - 1].duration = .zero }
        last = segment.period
      }
      if hasEnded {
        let after = segmentation.grid.rate.duration(ofTicks: segment.duration)
        periods[periods.count - 1].duration? += after
      }
    }
    if let open = snapshot.open, open.period != last {
      periods.append(Period(open.period, segmentation, names))
    }
    return inOrder(periods)
  }

  /// Leaves out a Period that would begin after its successor, as after a large backward clock
  /// step.
  private static func inOrder(_ periods: [Period]) -> [Period] {
    var kept: [Period] = []
    for var period in periods.reversed() {
      guard let next = kept.last else {
        kept.append(period)
        continue
      }
      guard period.start < next.start else { continue }
      period.duration = period.duration.map { min($0, next.start - period.start) }
      kept.append(period)
    }
    return kept.reversed()
  }
}
