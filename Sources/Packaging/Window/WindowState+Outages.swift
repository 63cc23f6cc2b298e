// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// Segments without media are listed as time passes while the source is away; ``OutagePace`` has
/// their times.
extension WindowState {
  /// Lists all segments up to `number`, although the source supplies nothing: the open one ends
  /// with its last chunk, and the numbers after it have no media.
  ///
  /// Chunks of these numbers are left out when they arrive later: a name keeps its bytes. The next
  /// segment with media begins with a Discontinuity.
  ///
  /// - Parameters:
  ///   - number: the newest number that is listed then.
  ///   - known: the revision at which the source was found to be away; without effect if it has
  ///     supplied something since. Nil for any revision.
  mutating func pass(through number: Int64, since known: Int64? = nil) {
    guard marksOutages, state == .live, known ?? revision == revision, !departure.takes(number),
      newestNumber.map({ $0 <= number }) ?? false
    else { return }
    if open != nil { closeSegment() }
    guard let last = segments.last?.number, number.subtractingSaturated(last) <= Self.mostPassed
    else { return }
    if last < number { keepOutage(before: number.addingSaturated(1)) }
    (isAway, passed) = (true, number)
    if continued != nil { continued = number }
    version = segmentation.partsBefore(number.addingSaturated(1))
    revision += 1
  }

  /// Adds gaps of the newest period for the numbers after the newest segment and before `number`.
  mutating func keepOutage(before number: Int64) {
    while let last = segments.last, last.number.addingSaturated(1) < number {
      keep(outage(last.number.addingSaturated(1), after: last))
    }
  }

  /// The gap `number` after the segment `last`, whose offset of the wall clock it has.
  func outage(_ number: Int64, after last: Segment) -> Segment {
    let isVariable = segmentation.hasVariableDuration
    // bounded: a frame has ticks
    let frames = (last.duration + segmentation.ticksPerFrame - 1) / segmentation.ticksPerFrame
    let frame =
      isVariable
      ? last.firstFrame.addingSaturated(frames) : segmentation.firstFrame(of: number)
    let offset = last.programDateTime.offset(from: segmentation.frameTime(of: last.firstFrame))
    var gap = OpenSegment(
      number: number, firstFrame: frame,
      programDateTime: WallTime(segmentation.frameTime(of: frame), plus: offset),
      startsDiscontinuity: false, period: last.period, isPrefill: false)
    gap.isOutage = true
    // bounded: a Target Duration is at most minutes
    let longest = segmentation.targetDuration * Int64(segmentation.timescale)
    return Segment(
      opening: gap, duration: isVariable ? longest : segmentation.segmentTicks(number))
  }

  /// The number of the newest segment; nil in an empty window.
  var newestNumber: Int64? { open?.number ?? segments.last?.number }

  /// The most numbers that are listed at once: a rendition is not further behind another one.
  private static let mostPassed: Int64 = 100
}
