// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// One Period: a run of segments, and where it lies on the presentation's timeline.
///
/// A run keeps its Period's `id` and its location for as long as it is listed. Its first segment number may have left the
/// window long ago.
struct Period: Equatable {
  /// Unique in the presentation, and over the runs of a program that was restarted.
  let id: String
  /// Period@start: nanoseconds after availabilityStartTime.
  let start: Int64
  /// The number since 1970 of the segment with which it begins.
  let firstSegment: Int64
  /// The frame with which it begins.
  let firstFrame: Int64
  /// Discontinuities before it since the stream began.
  let index: Int64
  /// The run that it is.
  let run: DiscontinuityPeriod
  /// Period@duration in nanoseconds; only of a presentation that has ended.
  var duration: Int64?

  /// The Period of `run`, or where `firstListed` is given the rest of it from that segment on.
  init(
    _ run: DiscontinuityPeriod, _ segmentation: Segmentation, _ names: MediaNames,
    firstListed: Segment? = nil
  ) {
    let anchor = run.firstSegment ?? names.base
    id = "p\(anchor)"
    index = run.index
    self.run = run
    // The first run begins where `startNumber` is 1.
    firstSegment = firstListed?.number ?? run.firstSegment ?? names.base + 1
    firstFrame =
      firstListed?.firstFrame ?? run.firstFrame ?? segmentation.firstFrame(of: firstSegment)
    start = segmentation.grid.nanoseconds(firstFrame) - segmentation.segmentNanoseconds + run.offset
  }

  /// The Periods of what `snapshot` lists, oldest first; none where there is no segment.
  static func all(of snapshot: WindowSnapshot, _ segmentation: Segmentation, _ names: MediaNames)
    -> [Period]
  {
    let hasEnded = snapshot.state == .ended
    var periods: [Period] = []
    var last: DiscontinuityPeriod?
    for segment in snapshot.listed {
      if segment.run != last {
        periods.append(
          Period(
            segment.run, segmentation, names, firstListed: hasEnded ? segment : nil))
        if hasEnded { periods[periods.count - 1].duration = 0 }
        last = segment.run
      }
      if hasEnded {
        let after = segmentation.grid.rate.nanoseconds(ofTicks: segment.duration)
        periods[periods.count - 1].duration? += after
      }
    }
    if let open = snapshot.open, open.run != last {
      periods.append(Period(open.run, segmentation, names))
    }
    return inOrder(periods)
  }

  /// A clock that was set back far lets a Period begin before the one before it: that one has then never been.
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
