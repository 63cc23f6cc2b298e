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
  /// The renditions of a Period that the window has left; nil for those of the window.
  let past: [TrackDescription]?
  /// Period@duration; nil unless the stream has ended, the source is away, or media is missing
  /// after the Period.
  var duration: Interval?

  static func == (left: Period, right: Period) -> Bool {
    left.id == right.id && left.start == right.start && left.duration == right.duration
      && left.firstSegment == right.firstSegment && left.period == right.period
  }

  /// The Period of `period`; if `firstListed` is given, only from that segment on.
  init(
    _ period: DiscontinuityPeriod, _ segmentation: Segmentation, _ names: MediaNames,
    firstListed: Segment? = nil
  ) {
    let anchor = period.firstSegment ?? names.base
    id = "p\(anchor)"
    index = period.index
    self.period = period
    past = nil
    // The first period begins with `startNumber` 1.
    let named = firstListed?.number ?? period.firstSegment ?? names.base + 1
    let frame = firstListed?.firstFrame ?? period.firstFrame ?? segmentation.firstFrame(of: named)
    let begin = Self.start(of: frame, period, segmentation)
    if begin < .zero {
      // A Period@start is not negative: the Period begins with the first segment after
      // availabilityStartTime, long before the first one that exists.
      let early = (-begin - .nanoseconds(1)).count(of: segmentation.segmentDuration)
      firstSegment = named.addingSaturated(early + 1)
      firstFrame = segmentation.firstFrame(of: firstSegment)
      start = Self.start(of: firstFrame, period, segmentation)
    } else {
      (firstSegment, firstFrame, start) = (named, frame, begin)
    }
  }

  /// Period@start of a Period that begins with `frame`.
  private static func start(
    of frame: Int64, _ period: DiscontinuityPeriod, _ segmentation: Segmentation
  ) -> Interval {
    let begin = WallTime(segmentation.grid.frameTime(of: frame), plus: period.offset)
    return begin - .origin - segmentation.segmentDuration
  }

  /// The Period of a run of the past.
  ///
  /// - Parameters:
  ///   - run: its segments.
  ///   - segmentation: that of the video.
  ///   - period: the discontinuity period that continues it in the window; nil if none does.
  private init(
    _ run: ManifestPast.Run, _ segmentation: Segmentation, continuing period: DiscontinuityPeriod?
  ) {
    let segments = run.segments
    id = "p\(segments.start)"
    index = period?.index ?? 0
    self.period = period ?? .initial
    past = period == nil ? run.tracks : nil
    firstSegment = segments.start
    firstFrame = segmentation.firstFrame(of: segments.start)
    let begin = WallTime(segmentation.grid.frameTime(of: firstFrame), plus: segments.offset)
    start = begin - .origin - segmentation.segmentDuration
  }

  /// Puts the Periods of the past before those of the window.
  ///
  /// The first Period of the window then begins with its run, so that it follows the others; it
  /// keeps that start as long as it is listed.
  static func all(
    of snapshot: WindowSnapshot, _ past: ManifestPast, _ segmentation: Segmentation,
    _ names: MediaNames
  ) -> [Period] {
    if snapshot.isRecorded { return recorded(past, segmentation) }
    var live = all(of: snapshot, segmentation, names)
    guard snapshot.state != .ended, let first = live.first, !past.runs.isEmpty else { return live }
    let current = past.current(snapshot, before: live.dropFirst().first?.firstSegment ?? .max)
    if let current {
      live[0] = Period(current, segmentation, continuing: first.period)
    } else if live.count == 1, let start = snapshot.startOfStream {
      live[0] = Period(ManifestPast.Run(start, []), segmentation, continuing: first.period)
    } else if live.count > 1 {
      live.removeFirst()
    }
    let older = past.runs.prefix { $0.segments.start < live[0].firstSegment }
    var periods: [Period] = []
    for (index, run) in older.enumerated() {
      var period = Period(run, segmentation, continuing: nil)
      let next =
        index + 1 < older.count ? past.runs[index + 1].segments.start : live[0].firstSegment
      if next > run.segments.end {
        let count = run.segments.end.subtractingSaturated(run.segments.start)
        period.duration = segmentation.segmentDuration * count
      }
      periods.append(period)
    }
    return inOrder(periods + live)
  }

  /// The Periods of a stream without a session: those of the past, each with its duration.
  private static func recorded(_ past: ManifestPast, _ segmentation: Segmentation) -> [Period] {
    inOrder(
      past.runs.map { run in
        var period = Period(run, segmentation, continuing: nil)
        let count = run.segments.end.subtractingSaturated(run.segments.start)
        period.duration = segmentation.segmentDuration * count
        return period
      })
  }

  /// The Periods of the listed segments, oldest first; empty if there is no segment.
  static func all(of snapshot: WindowSnapshot, _ segmentation: Segmentation, _ names: MediaNames)
    -> [Period]
  {
    let hasEnded = snapshot.state == .ended
    var periods: [Period] = []
    var last: DiscontinuityPeriod?
    let listed = snapshot.listed
    // Time without a source belongs to no Period; there is always one.
    let media = listed.filter { !$0.isOutage }
    for segment in media.isEmpty && snapshot.open == nil ? Array(listed.suffix(1)) : media {
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
    return hasEnded
      ? inOrder(periods) : inOrder(periods.map { $0.ending(in: snapshot, segmentation) })
  }

  /// The Period with its duration, if the source was away after its media: players then request no
  /// segment that never exists.
  private func ending(in snapshot: WindowSnapshot, _ segmentation: Segmentation) -> Period {
    let own = snapshot.listed.filter { $0.period.index == index }
    let isNewest = snapshot.open == nil && snapshot.segments.last?.period.index == index
    guard own.last?.isOutage == true || isNewest && snapshot.isAway else { return self }
    let rate = segmentation.grid.rate
    func end(_ segment: Segment) -> Int64 {
      TrackSegmentation.video(segmentation).ticks(segment.firstFrame)
        .addingSaturated(segment.duration)
    }
    let known = snapshot.mediaEnd.flatMap { $0.period == index ? $0.ticks : nil }
    guard let end = own.last(where: { !$0.isOutage }).map(end) ?? known else { return self }
    let begin = TrackSegmentation.video(segmentation).ticks(firstFrame)
    var ended = self
    ended.duration = rate.duration(ofTicks: max(0, end.subtractingSaturated(begin)))
    return ended
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

extension WindowSnapshot {
  /// Whether the window has ended without media: only an archive has some.
  fileprivate var isRecorded: Bool { state == .ended && listed.allSatisfy(\.isListedAsGap) }
}
