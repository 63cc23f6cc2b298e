// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Assigns passed-through access units to frame indices and segments: a pure state machine.
///
/// Segments begin with the source's own IDRs, at any time within a second. So media time is not the
/// wall clock: the first IDR of a discontinuity period becomes the first frame of a segment, and
/// wall clock minus media time is the period's offset, in PROGRAM-DATE-TIME and the MPD's Period.
/// Later access units follow by prediction (``FramePrediction``). With each segment the offset
/// follows the drift of the source's clock, by at most ``slope``. A period ends when the source was
/// away, when no IDR arrives at the start of a segment, when timestamps jump, and when the offset
/// stays too far from the capture times; the next one begins with an IDR.
///
/// The number of a segment of fixed duration that begins a period is that of its time. If that
/// number has been used, the group of pictures is left out and the next one begins the period, so
/// numbers do not run ahead of the clock.
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
    /// Its smoothed timestamp.
    package let timestamp: SourceTime
    /// The period that begins with it; nil within a period.
    package let periodStart: ClockShift?
  }

  /// The jitter of capture times that does not change the number of a key frame.
  private static let jitter = Interval.milliseconds(20)
  /// The most segments by which numbers may be ahead of the clock and are waited for; more are
  /// those of another numbering, or of a clock that was set back.
  private static let maximumLead: Int64 = 3
  /// The end of the newest period that ended although the source continued; nil once it was taken.
  private var periodEnd: PeriodEnd?
  /// Access units of the newest segment that were lost, by their timestamps.
  private var holes: Int64 = 0
  /// Whether an access unit of the newest segment may have been lost.
  private var isIncomplete: Bool { holes > 0 || prediction.doubt != 0 }
  /// Access units after the last frame of the newest segment, which are left out.
  private var surplus: Int64 = 0
  private var keys: KeyFrameRegularity
  private var drift: OffsetDrift

  private let segmentation: Segmentation
  private let first: Int64
  private let startsAtFirst: Bool
  /// The last access unit; nil if the next one must begin a period.
  private var last: Int64?
  private var prediction: FramePrediction
  private var offset = Interval.zero
  /// The newest segment, and the frame index after the newest access unit.
  private var newest: (number: Int64, firstFrame: Int64)?
  private var end = Int64.min
  /// Whether the next access unit is the first of a file that starts over.
  private var isTurn = false
  /// The newest number that was listed without media while the source was away.
  private var reserved = Int64.min

  /// Whether key frames arrive off the starts of segments; see ``KeyFrameRegularity``.
  package var isIrregular: Bool { keys.isIrregular }

  /// The error of the period's offset, smoothed.
  package var error: Interval { drift.error }

  /// Whether timestamps cannot be placed for a second.
  package var isUnplaceable: Bool { prediction.isLost }

  /// The time by the frames that have arrived; see ``FramePrediction/counted``.
  package var counted: SourceTime? { prediction.counted }

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
    prediction = FramePrediction(segmentation.grid.rate)
    keys = KeyFrameRegularity(segmentation)
    drift = OffsetDrift(segmentation.grid.rate)
    guard let published else { return }
    newest = (published.segment, published.end)
    end = published.end
  }

  /// Notes that the source was away or has other parameter sets: the next IDR begins a period.
  package mutating func breakOff() {
    last = nil
    keys.breakOff()
  }

  /// Notes that `number` was listed without media: later segments have higher numbers.
  package mutating func reserve(_ number: Int64) { reserved = max(reserved, number) }

  /// Notes that a file starts over: an IDR that cannot begin a segment then begins a period.
  package mutating func startTurn() { isTurn = true }

  /// The position of the next access unit; nil if it cannot be shown.
  ///
  /// - Parameters:
  ///   - pts: its timestamp.
  ///   - isKey: whether it is an IDR.
  ///   - captured: its capture time.
  ///   - arrival: its arrival, which confirms a lost access unit; nil if timestamps alone do.
  /// - Returns: its position, and the period that it begins.
  package mutating func assign(
    pts: SourceTime, isKey: Bool, captured: WallTime, arrival: MonotonicTime? = nil
  ) -> Position? {
    if isKey { keys.judge(pts, captured, within: prediction.maximumHole) }
    guard let last, let newest else { return isKey ? beginPeriod(pts, captured, arrival) : nil }
    let steps: Int64
    let isDisplaced: Bool
    switch place(pts, captured, arrival, after: last) {
    case .frames(let count): (steps, isDisplaced) = (count, false)
    case .displaced: (steps, isDisplaced) = (1, true)
    case .gap: return fault(.framesMissing, pts, isKey, captured, arrival)
    case .jump: return fault(.timestampsJumped, pts, isKey, captured, arrival)
    }
    if isKey, prediction.hasJumped {
      return fault(.timestampsJumped, pts, isKey, captured, arrival)
    }
    var frameIndex = last + steps
    var index = frameIndex - newest.firstFrame
    let (length, isFixed) = (segmentation.framesPerSegment, !segmentation.hasVariableDuration)
    if isKey, isFixed, index < length, length - index <= prediction.doubt {
      // Frames were lost that arrivals did not confirm.
      (frameIndex, index) = (newest.firstFrame + length, length)
    }
    if isKey, isDisplaced, isFixed, index != length {
      // Another sender, not one wrong timestamp of a key frame that is due.
      return fault(.timestampsJumped, pts, isKey, captured, arrival)
    }
    if isKey { keys.note(frameIndex, captured, isWhole: !isTurn && !isIncomplete) }
    // bounded: the index is after that of the unit before
    holes += max(0, min(index, length) - (last - newest.firstFrame) - 1)
    drift.note(
      captured.offset(from: segmentation.grid.frameTime(of: frameIndex)) - offset, at: captured)
    defer { isTurn = false }
    if isTurn, isKey, isFixed, index != length {
      return beginPeriod(pts, captured, arrival, isContinuous: true)
    }
    if index >= length, isKey || isFixed {
      return beginSegment(frameIndex, isKey, pts, captured, arrival)
    }
    if let most = segmentation.maximumFramesPerSegment, index >= most {
      return fault(.groupTooLong, pts, isKey, captured, arrival)
    }
    return position(frameIndex, captured, in: newest)
  }

  /// The place of the next access unit after the last one.
  private mutating func place(
    _ pts: SourceTime, _ captured: WallTime, _ arrival: MonotonicTime?, after last: Int64
  ) -> FramePrediction.Place {
    let place = prediction.place(pts, arrival: arrival)
    guard place == .displaced else { return place }
    // A source that was away and starts over has other timestamps and another capture time.
    let due = WallTime(segmentation.grid.frameTime(of: last + 1), plus: offset)
    return (captured - due).magnitude > prediction.maximumHole ? .jump : place
  }

  /// The end of the newest period that ended although the source continued, once; nil if none has.
  package mutating func takePeriodEnd() -> PeriodEnd? { periodEnd.take() }

  /// Places an access unit after the last frame of the newest segment; nil if none can begin.
  private mutating func beginSegment(
    _ frameIndex: Int64, _ isKey: Bool, _ pts: SourceTime, _ captured: WallTime,
    _ arrival: MonotonicTime?
  ) -> Position? {
    guard let newest else { return nil }
    // bounded: the frame is after the newest segment's first one
    let index = frameIndex - newest.firstFrame
    // A segment begins with an IDR; after one of fixed duration it must be the next frame.
    guard isKey, segmentation.hasVariableDuration || index == segmentation.framesPerSegment else {
      if !isKey, surplus < holes {
        // Frames were taken for lost that were not.
        surplus += 1
        last = newest.firstFrame + segmentation.framesPerSegment - 1
        return nil
      }
      guard !isKey, !isIncomplete, index == segmentation.framesPerSegment else {
        keys.noteDoubt()
        if isKey { keys.judge(pts, captured, within: prediction.maximumHole) }
        return fault(.framesMissing, pts, isKey, captured, arrival)
      }
      keys.noteMissing(captured, isMoved: !isTurn)
      return fault(.keyFrameMissing, pts, isKey, captured, arrival)
    }
    // Frames were taken for lost that were not: the segment has moved permanently.
    if surplus > 0 { drift.accept() }
    if drift.isTooLarge {
      periodEnd = .offset(drift.error)
      return beginPeriod(pts, captured, arrival, isContinuous: true)
    }
    offset += drift.correction(over: segmentation.grid.duration(ofFrames: index))
    let next = newest.number.addingSaturated(1)
    // Numbers of fixed durations are those of the frames.
    let number =
      segmentation.hasVariableDuration ? max(next, reserved.addingSaturated(1)) : next
    return position(frameIndex, captured, in: (number, frameIndex))
  }

  private mutating func position(
    _ frameIndex: Int64, _ captured: WallTime,
    in segment: (number: Int64, firstFrame: Int64), startOf period: ClockShift? = nil
  ) -> Position {
    if segment.firstFrame == frameIndex {
      (holes, surplus, prediction.doubt) = (0, 0, 0)
      keys.beginSegment(prediction.timestamp, captured)
    }
    newest = segment
    last = frameIndex
    end = frameIndex + 1
    return Position(
      frameIndex: frameIndex, segment: segment.number,
      indexInSegment: frameIndex - segment.firstFrame, captured: captured, offset: offset,
      timestamp: prediction.timestamp ?? .origin, periodStart: period)
  }

  private mutating func fault(
    _ end: PeriodEnd, _ pts: SourceTime, _ isKey: Bool, _ captured: WallTime,
    _ arrival: MonotonicTime?
  ) -> Position? {
    periodEnd = end
    last = nil
    return isKey ? beginPeriod(pts, captured, arrival) : nil
  }

  /// Begins a period with an IDR; nil if its number has been used.
  ///
  /// If it is continuous, the IDR continues the newest segment and only its offset changes: it then
  /// has the next number at least.
  private mutating func beginPeriod(
    _ pts: SourceTime, _ captured: WallTime, _ arrival: MonotonicTime?, isContinuous: Bool = false
  ) -> Position? {
    // The frame before, not the nearest: media time ahead of the clock would put the start of the
    // Period before the availabilityStartTime.
    let due = segmentation.grid.atOrAfter(MediaTime(captured, plus: .nanoseconds(1))) - 1
    guard let number = number(due, captured, isContinuous) else {
      last = nil
      return nil
    }
    let frameIndex =
      segmentation.hasVariableDuration ? max(due, end) : segmentation.firstFrame(of: number)
    let skipped = newest.map { number - $0.number - 1 } ?? 0
    offset = captured.offset(from: segmentation.grid.frameTime(of: frameIndex))
    drift.reset()
    keys.beginPeriod(frameIndex)
    prediction.begin(pts, arrival: arrival)
    return position(
      frameIndex, captured, in: (number, frameIndex),
      startOf: ClockShift(offset: offset, skipped: skipped))
  }

  /// The number of a segment that begins a period at the frame `due`; nil if it has been used.
  private func number(_ due: Int64, _ captured: WallTime, _ isContinuous: Bool) -> Int64? {
    guard newest != nil || !startsAtFirst else { return max(first, reserved.addingSaturated(1)) }
    let least = max(newest.map { $0.number + 1 } ?? first, reserved.addingSaturated(1))
    if segmentation.hasVariableDuration, newest != nil { return least }
    let number = expected(captured) ?? segmentation.segment(of: due)
    if isContinuous || number >= least || least - number > Self.maximumLead {
      return max(number, least)
    }
    return segmentation.hasVariableDuration ? least : nil
  }

  /// The number of a key frame at the usual distance from the newest segment.
  ///
  /// Capture times have jitter, so the time alone may give a number too few or too many.
  private func expected(_ captured: WallTime) -> Int64? {
    guard let newest else { return nil }
    let start = WallTime(segmentation.grid.frameTime(of: newest.firstFrame), plus: offset)
    let duration = segmentation.segmentDuration
    let count = ((captured - start) + duration / 2).count(of: duration)
    // bounded: intervals saturate
    guard count > 0, (captured - start - duration * count).magnitude <= Self.jitter else {
      return nil
    }
    let number = newest.number.addingSaturated(count)
    func segment(at time: WallTime) -> Int64 {
      segmentation.segment(of: segmentation.grid.atOrAfter(MediaTime(time, plus: .zero)))
    }
    let possible =
      segment(at: captured - Self.jitter)...segment(at: captured + Self.jitter)
    return possible.contains(number) ? number : nil
  }
}
