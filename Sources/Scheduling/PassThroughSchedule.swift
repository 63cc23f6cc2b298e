// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Assigns passed-through access units to frame indices and segments: a pure state machine.
///
/// Segments begin with the source's own IDRs, at any time within a second. So media time is not the
/// wall clock: the first IDR of a discontinuity period becomes the first frame of a segment, and
/// wall clock minus media time is the period's offset, in PROGRAM-DATE-TIME and the MPD's Period.
/// Later access units follow by their timestamps. With each segment the offset follows the drift of
/// the source's clock, by at most ``slope``. A period ends when the source was away, when no IDR
/// arrives at the start of a segment, and when the offset is too far from the capture time; the
/// next one begins with an IDR.
///
/// Variable-duration segments begin with the first IDR after F frames. Their first number is that
/// of the time, each next is one more, and a period begins with the frame of its time.
package struct PassThroughSchedule: Sendable {
  /// The position of an access unit.
  package struct Position: Sendable, Equatable {
    /// The frame index.
    package let frameIndex: Int64
    /// The number of its segment.
    package let segment: Int64
    /// Its index within the segment, from 0.
    package let indexInSegment: Int64
    /// The capture time.
    package let captured: WallTime
    /// Wall clock minus media time in its segment.
    package let offset: Interval
    /// The period that begins with it; nil within a period.
    package let periodStart: ClockShift?
  }

  /// The largest error of the offset within a period.
  package static let tolerance = Interval.milliseconds(100)
  /// The largest rate at which the offset follows the capture times, in parts per million.
  private static let slope: Int64 = 300
  /// The longest loss of access units within a period.
  private static let maximumHole = Interval.milliseconds(500)
  /// Missing key frames within ``observationWindow``, beside lost access units, after which the
  /// source counts as irregular.
  private static let maxMisses = 3
  /// How long a missing key frame counts.
  private static let observationWindow = Interval.seconds(60)

  /// The number of periods that ended although the source continued.
  package private(set) var faults = 0
  /// Capture times at which a segment lately had to begin without an IDR.
  private var missed: [WallTime] = []
  /// Whether a segment had to begin without an IDR although no access unit of the one before was
  /// lost.
  private var hasMovedKeys = false
  /// Whether an access unit of the newest segment was lost.
  private var isIncomplete = false
  /// The error of the period's offset at the last access unit.
  package private(set) var error = Interval.zero

  private let segmentation: Segmentation
  private let first: Int64
  private let startsAtFirst: Bool
  /// The last access unit; nil if the next one must begin a period.
  private var last: (frameIndex: Int64, pts: SourceTime)?
  private var offset = Interval.zero
  /// The newest segment, and the frame index after the newest access unit.
  private var newest: (number: Int64, firstFrame: Int64)?
  private var end = Int64.min
  /// Whether the next access unit is the first of a file that starts over.
  private var isTurn = false

  /// Whether key frames arrive off the starts of segments.
  ///
  /// If no access unit was lost, one such key frame suffices: the source has moved it. Else it may
  /// have been lost, and three of them count.
  package var isIrregular: Bool { hasMovedKeys || missed.count >= Self.maxMisses }

  /// A schedule without access units.
  ///
  /// - Parameters:
  ///   - segmentation: the grid and the segments.
  ///   - first: the least number of the first segment.
  ///   - startsAtFirst: true: the first segment has this number even if the clock gives a later
  ///     one.
  ///   - published: the newest segment and the frame index after its last frame, if an earlier
  ///     schedule has published some.
  package init(
    segmentation: Segmentation, first: Int64, startsAtFirst: Bool = false,
    after published: (segment: Int64, end: Int64)? = nil
  ) {
    self.segmentation = segmentation
    self.first = first
    self.startsAtFirst = startsAtFirst
    guard let published else { return }
    newest = (published.segment, published.end)
    end = published.end
  }

  /// Notes that the source was away or has other parameter sets: the next IDR begins a period.
  package mutating func breakOff() { last = nil }

  /// Notes that a file starts over: an IDR that cannot begin a segment then begins a period.
  package mutating func startTurn() { isTurn = true }

  /// The position of the next access unit; nil if it cannot be shown.
  ///
  /// - Parameters:
  ///   - pts: its timestamp.
  ///   - isKey: whether it is an IDR.
  ///   - captured: its capture time.
  /// - Returns: its position, and the period that it begins.
  package mutating func assign(
    pts: SourceTime, isKey: Bool, captured: WallTime
  ) -> Position? {
    guard let last, let newest else { return isKey ? beginPeriod(pts, captured) : nil }
    let steps = segmentation.grid.rate.nearestCount(pts - last.pts)
    guard steps > 0, pts - last.pts <= Self.maximumHole else {
      return fault(pts, isKey, captured)
    }
    let frameIndex = last.frameIndex + steps
    if steps > 1 { isIncomplete = true }
    error = captured.offset(from: segmentation.grid.frameTime(of: frameIndex)) - offset
    let index = frameIndex - newest.firstFrame
    defer { isTurn = false }
    if isTurn, isKey, !segmentation.hasVariableDuration, index != segmentation.framesPerSegment {
      return beginPeriod(pts, captured)
    }
    if index >= segmentation.framesPerSegment, isKey || !segmentation.hasVariableDuration {
      // A segment begins with an IDR; after one of fixed duration it must be the next frame.
      guard isKey, segmentation.hasVariableDuration || index == segmentation.framesPerSegment
      else {
        missed =
          missed.suffix(Self.maxMisses - 1).filter { captured - $0 < Self.observationWindow }
          + [captured]
        if !isIncomplete, !isTurn { hasMovedKeys = true }
        return fault(pts, isKey, captured)
      }
      if error.magnitude > Self.tolerance { return beginPeriod(pts, captured) }
      followDrift(over: segmentation.grid.duration(ofFrames: index))
      return position(frameIndex, pts, captured, in: (newest.number + 1, frameIndex))
    }
    if let most = segmentation.maximumFramesPerSegment, index >= most {
      return fault(pts, isKey, captured)
    }
    return position(frameIndex, pts, captured, in: newest)
  }

  /// Moves the offset towards the capture times, after a segment of this duration.
  private mutating func followDrift(over duration: Interval) {
    let most = duration / 1_000_000 * Self.slope  // bounded: intervals saturate
    let step = min(max(error, -most), most)
    offset += step
    error -= step
  }

  private mutating func position(
    _ frameIndex: Int64, _ pts: SourceTime, _ captured: WallTime,
    in segment: (number: Int64, firstFrame: Int64), startOf period: ClockShift? = nil
  ) -> Position {
    if segment.firstFrame == frameIndex { isIncomplete = false }
    newest = segment
    last = (frameIndex, pts)
    end = frameIndex + 1
    return Position(
      frameIndex: frameIndex, segment: segment.number,
      indexInSegment: frameIndex - segment.firstFrame, captured: captured, offset: offset,
      periodStart: period)
  }

  private mutating func fault(
    _ pts: SourceTime, _ isKey: Bool, _ captured: WallTime
  ) -> Position? {
    faults += 1
    last = nil
    return isKey ? beginPeriod(pts, captured) : nil
  }

  private mutating func beginPeriod(_ pts: SourceTime, _ captured: WallTime) -> Position {
    // The frame before, not the nearest: media time ahead of the clock would put the start of the
    // Period before the availabilityStartTime.
    let due = segmentation.grid.atOrAfter(MediaTime(captured, plus: .nanoseconds(1))) - 1
    let number = number(due: segmentation.segment(of: due))
    let frameIndex =
      segmentation.hasVariableDuration ? max(due, end) : segmentation.firstFrame(of: number)
    let skipped = newest.map { number - $0.number - 1 } ?? 0
    offset = captured.offset(from: segmentation.grid.frameTime(of: frameIndex))
    error = .zero
    return position(
      frameIndex, pts, captured, in: (number, frameIndex),
      startOf: ClockShift(offset: offset, skipped: skipped))
  }

  /// The number of a segment that begins a period at the time of segment `due`.
  private func number(due: Int64) -> Int64 {
    guard let newest else { return startsAtFirst ? first : max(due, first) }
    return segmentation.hasVariableDuration ? newest.number + 1 : max(due, newest.number + 1)
  }
}
