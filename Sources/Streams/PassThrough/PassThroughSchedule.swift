// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// Which frame of the grid a picture is that is packaged as it came: a pure state machine.
///
/// Segments begin with the source's own IDR pictures, which lie anywhere between the seconds. So media time is not the
/// wall clock here: the first IDR of a run becomes the first frame of a segment, and what the wall clock is ahead of
/// that is the run's offset, which PROGRAM-DATE-TIME and the DASH Period carry. From there on each picture is as many
/// frames behind the last as its stamp says. A run ends where the source was away, where an IDR does not come when a
/// segment must begin, and where what the offset says is too far from the capture time; the next begins with an IDR.
///
/// Free segments begin with the first IDR after F frames, wherever that lies: their first number is that of the time, then
/// each is one more, and a run begins on the frame of its time.
struct PassThroughSchedule: Sendable {
  /// The beginning of a run.
  struct PeriodStart: Sendable, Equatable {
    /// What the wall clock is ahead of media time, in nanoseconds.
    let offset: Int64
    /// How many segment numbers before it have no media.
    let skipped: Int64
  }

  /// Where a picture goes.
  struct Position: Sendable, Equatable {
    let frame: Int64
    /// The number of its segment.
    let segment: Int64
    /// Which frame of its segment it is, from 0.
    let position: Int64
    /// When it was captured: nanoseconds since 1970.
    let captured: Int64
    /// The run that it begins; nil within one.
    let begins: PeriodStart?
  }

  /// Beyond this the offset is announced anew; nanoseconds.
  static var tolerance: Int64 { 100_000_000 }
  /// More than this is no loss of single pictures: the run ends; nanoseconds.
  static var longestHole: Int64 { 500_000_000 }

  /// Whoever leaves out its key pictures so often within ``trial`` is not as regular as it seemed.
  static var patience: Int { 3 }
  /// Nanoseconds.
  static var trial: Int64 { 60_000_000_000 }

  /// Runs that ended although the source went on.
  private(set) var faults = 0
  /// When segments lately had to begin without an IDR: capture times, nanoseconds since 1970.
  private var missed: [Int64] = []
  /// What the wall clock is further ahead of media time than the run says, at the last picture; nanoseconds.
  private(set) var error: Int64 = 0

  private let segmentation: Segmentation
  private let first: Int64
  private let numbering: MediaNames.Numbering
  /// The last picture; nil where the next one must begin a run.
  private var last: (frame: Int64, pts: Int64)?
  private var offset: Int64 = 0
  /// The last segment that was begun, and the frame after the last one that was placed.
  private var begun: (number: Int64, firstFrame: Int64)?
  private var end = Int64.min

  /// Whether its key pictures come where no segment begins, again and again.
  var isIrregular: Bool { missed.count >= Self.patience }

  /// A schedule whose first segment is `first`, or the one of its time where numbers count from 1970.
  init(segmentation: Segmentation, first: Int64, numbering: MediaNames.Numbering = .epoch) {
    self.segmentation = segmentation
    self.first = first
    self.numbering = numbering
  }

  /// The source was away, or its parameter sets changed: the next IDR begins a run.
  mutating func breakOff() { last = nil }

  /// Where the next picture goes; nil for one that cannot be shown.
  ///
  /// - Parameters:
  ///   - pts: its stamp, nanoseconds.
  ///   - isKey: whether it is an IDR.
  ///   - captured: when it was captured: nanoseconds since 1970.
  /// - Returns: its frame, and the run that it begins.
  mutating func place(pts: Int64, isKey: Bool, captured: Int64) -> Position? {
    guard let last, let begun else { return isKey ? begin(pts, captured) : nil }
    let steps = steps(from: last.pts, to: pts)
    guard steps > 0, pts - last.pts <= Self.longestHole else {
      return fault(pts, isKey, captured)
    }
    let frame = last.frame + steps
    error = captured - segmentation.grid.nanoseconds(frame) - offset
    let position = frame - begun.firstFrame
    if position >= segmentation.framesPerSegment, isKey || !segmentation.hasVariableDuration {
      // A segment begins with an IDR, and one whose length is known behind the last frame of that.
      guard isKey, segmentation.hasVariableDuration || position == segmentation.framesPerSegment
      else {
        missed = missed.suffix(Self.patience - 1).filter { captured - $0 < Self.trial } + [captured]
        return fault(pts, isKey, captured)
      }
      if abs(error) > Self.tolerance { return begin(pts, captured) }
      return place(frame, pts, captured, in: (begun.number + 1, frame))
    }
    if let most = segmentation.mostFramesPerSegment, position >= most {
      return fault(pts, isKey, captured)
    }
    return place(frame, pts, captured, in: begun)
  }

  private mutating func place(
    _ frame: Int64, _ pts: Int64, _ captured: Int64,
    in segment: (number: Int64, firstFrame: Int64), begins run: PeriodStart? = nil
  ) -> Position {
    begun = segment
    last = (frame, pts)
    end = frame + 1
    return Position(
      frame: frame, segment: segment.number, position: frame - segment.firstFrame,
      captured: captured, begins: run)
  }

  private mutating func fault(_ pts: Int64, _ isKey: Bool, _ captured: Int64) -> Position? {
    faults += 1
    last = nil
    return isKey ? begin(pts, captured) : nil
  }

  private mutating func begin(_ pts: Int64, _ captured: Int64) -> Position {
    // Not the nearest frame: a Period whose media time is ahead of the clock would begin before the presentation.
    let due = segmentation.grid.atOrAfter(captured + 1) - 1
    let number = number(due: segmentation.segment(of: due))
    let frame =
      segmentation.hasVariableDuration ? max(due, end) : segmentation.firstFrame(of: number)
    let skipped = begun.map { number - $0.number - 1 } ?? 0
    offset = captured - segmentation.grid.nanoseconds(frame)
    error = 0
    return place(
      frame, pts, captured, in: (number, frame),
      begins: PeriodStart(offset: offset, skipped: skipped))
  }

  /// The number of a segment that begins a run in the time of segment `due`.
  private func number(due: Int64) -> Int64 {
    guard let begun else { return numbering == .run ? first : max(due, first) }
    return segmentation.hasVariableDuration ? begun.number + 1 : max(due, begun.number + 1)
  }

  /// Frames from one stamp to another, to the nearest.
  private func steps(from earlier: Int64, to later: Int64) -> Int64 {
    let rate = segmentation.grid.rate
    let unit = Int128(rate.denominator) * 1_000_000_000
    return Int64(
      clamping: floorDivide(2 * Int128(later - earlier) * Int128(rate.numerator) + unit, 2 * unit))
  }
}
