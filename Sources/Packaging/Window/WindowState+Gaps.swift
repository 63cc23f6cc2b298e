// SPDX-License-Identifier: Apache-2.0

import Media
import Time

// Segments without media: left out, removed, or skipped numbers.
extension WindowState {
  /// Makes the next segment, `number`, a gap.
  mutating func leaveOut(_ number: Int64) {
    guard state != .ended, !departure.takes(number) else { return }
    if open != nil { closeSegment() }
    let frame = segmentation.firstFrame(of: number)
    insertGaps(before: number, at: frame)
    let gap = periods.opening(number, at: frame, segmentation, isPrefill: false)
    periods.skipped = 0
    keep(Segment(opening: gap, duration: segmentation.segmentTicks(number)))
    version = segmentation.partsBefore(number + 1)
    revision += 1
  }

  /// Makes the segments with media of a span gaps, the open one when it is complete, and forgets
  /// the events of the span.
  mutating func remove(_ span: Range<WallTime>) {
    kept.empty { segmentation.isMedia(from: $0.programDateTime, ticks: $0.duration, in: span) }
    if let open {
      let ticks = open.chunks.reduce(0) { $0 + $1.duration }
      if segmentation.isMedia(from: open.programDateTime, ticks: ticks, in: span) {
        leaving = open.number
      }
    }
    events.remove(span)
    revision += 1
  }

  /// Adds a segment without media as the window of another server has it.
  mutating func leaveOut(_ start: SegmentStart, duration: Int64) {
    guard state != .ended else { return }
    place(start)
    placed = nil
    if open != nil { closeSegment() }
    periods.period = start.period
    var gap = OpenSegment(start)
    gap.isOutage = marksOutages
    isAway = marksOutages
    keep(Segment(opening: gap, duration: duration))
    version = segmentation.partsBefore(start.number + 1)
    revision += 1
  }

  /// Adds gaps for the skipped numbers before segment `number`, at most as many as playlists list.
  mutating func insertGaps(before number: Int64, at frame: Int64) {
    guard periods.skipped > 0 || isAway, let newest = segments.last else { return }
    let last = newest.number
    guard number > last + 1 else { return }
    let first = max(last + 1, number - Int64(playlistLength))
    if first > last + 1 { kept.evictAll() }
    if marksOutages {
      keep(outage(first, after: newest))
      keepOutage(before: number)
      version = segmentation.partsBefore(number)
      return
    }
    for missing in first..<number {
      let missingFrame =
        segmentation.hasVariableDuration
        // bounded: at most the length of the playlist
        ? frame - (number - missing) * segmentation.frames(in: missing)
        : segmentation.firstFrame(of: missing)
      let gap = periods.opening(missing, at: missingFrame, segmentation, isPrefill: false)
      keep(Segment(opening: gap, duration: segmentation.segmentTicks(missing)))
    }
    version = segmentation.partsBefore(number)
  }
}

extension TrackSegmentation {
  /// Whether media of a duration in ticks has a part in a span; media without a duration is an
  /// instant.
  func isMedia(from start: WallTime, ticks: Int64, in span: Range<WallTime>) -> Bool {
    let end = start + Interval(ticks: ticks, timescale: Int64(max(1, timescale)))
    return start < span.upperBound && span.lowerBound < max(end, start + .nanoseconds(1))
  }
}
