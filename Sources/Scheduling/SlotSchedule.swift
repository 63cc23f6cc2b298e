// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Assigns the frames of a source to frame times: a pure state machine, generic over the frame.
///
/// A frame belongs to the frame time nearest to its capture time, or to its aligned time. A slot
/// without a frame closes at its frame time plus the input delay and repeats the last frame; a
/// later frame is counted and becomes the next repeat. So each frame time has exactly one slot, in
/// order, whatever the source does.
package struct SlotSchedule<Frame: Sendable>: Sendable {
  /// Counters of frames and slots.
  package struct Counters: Sendable, Equatable {
    /// Frames offered.
    package var input: UInt64 = 0
    /// Slots that repeat a frame.
    package var repeated: UInt64 = 0
    /// Frames offered after their slot had closed.
    package var late: UInt64 = 0
    /// Frames whose slot already had one: the source is faster than the grid.
    package var dropped: UInt64 = 0
  }

  /// The largest error of the wall clock that is not a step.
  private static var tolerance: Interval { .milliseconds(50) }

  private let segmentation: Segmentation
  private let inputDelay: Interval
  private let slate: [Frame]
  /// The stream's clock, with the applied steps of the wall clock.
  package private(set) var clock: StreamClock
  /// The counters.
  package private(set) var counters = Counters()
  /// The last eight steps of the wall clock, oldest first.
  package private(set) var steps: [ClockStep] = []
  /// Index of the next slot, without the skipped segments: a count of the monotonic clock.
  private var next: Int64
  private var frame: Frame
  private var frameArrival: MonotonicTime
  /// How long the last frame is repeated; then the slate is shown.
  private var arrivals: SilenceLimit
  private var newestFilled = Int64.min

  /// A schedule whose first slot has the frame index `first`.
  ///
  /// - Parameters:
  ///   - segmentation: the grid, and the starts of segments.
  ///   - clock: the times at which frames are due.
  ///   - first: index of the first frame.
  ///   - inputDelay: how long after its frame time a slot stays open.
  ///   - initial: the frame shown until the source's first.
  ///   - slate: the frames shown after ``SilenceLimit`` without a frame, one for each frame time,
  ///     repeatedly; empty repeats the last one.
  ///   - arrivals: those of the source's frames up to now: a source of less than one frame per
  ///     second would have the slate between its first ones.
  package init(
    segmentation: Segmentation, clock: StreamClock, first: Int64, inputDelay: Interval,
    initial: Frame, slate: [Frame] = [], arrivals: SilenceLimit = SilenceLimit()
  ) {
    self.arrivals = arrivals
    self.segmentation = segmentation
    self.clock = clock
    self.inputDelay = inputDelay
    self.frame = initial
    self.slate = slate
    next = first - clock.shift
    frameArrival = clock.due(first, on: segmentation.grid)
  }

  /// Frame index of the next slot.
  package var nextFrameIndex: Int64 { next + clock.shift }
  /// Frame time of the next slot on the monotonic clock.
  package var nextDue: MonotonicTime { clock.due(nextFrameIndex, on: segmentation.grid) }

  /// The distance of two slots.
  package var slotDuration: Interval { segmentation.grid.rate.frameDuration }
  /// Closing time of the next slot.
  package var nextClosing: MonotonicTime { nextDue + inputDelay }

  /// The last frame index that is due at the monotonic time `now`.
  package func lastDue(at now: MonotonicTime) -> Int64 {
    let index = clock.frame(nearest: now, on: segmentation.grid)
    return clock.due(index, on: segmentation.grid) <= now ? index : index - 1
  }

  /// The burned clock of frame `index`, in milliseconds since 1970.
  package func timestamp(of index: Int64) -> Int64 {
    announced(index).milliseconds
  }

  /// Takes a frame and closes slots: the earlier open ones, which repeat, and the frame's own.
  ///
  /// - Parameters:
  ///   - new: the frame.
  ///   - captured: the time of its capture.
  ///   - aligned: the time whose frame time it belongs to; nil for that of its capture.
  ///   - isAtFrameTime: whether the capture time is the frame time by definition, as for the test
  ///     pattern.
  ///   - now: monotonic time.
  ///   - wallMinusMonotonic: difference of the clocks now.
  /// - Returns: the closed slots, oldest first; none if the frame's own had closed before.
  package mutating func offer(
    _ new: Frame, captured: MonotonicTime, aligned: MonotonicTime? = nil, isAtFrameTime: Bool,
    now: MonotonicTime, wallMinusMonotonic: Interval
  ) -> [FrameSlot<Frame>] {
    counters.input += 1
    let nearest = clock.frame(nearest: aligned ?? captured, on: segmentation.grid) - clock.shift
    // A timestamp from the future would close slots that are not due.
    let own = min(nearest, clock.frame(atOrAfter: now, on: segmentation.grid) - clock.shift)
    guard own >= next else {
      if own == newestFilled { counters.dropped += 1 } else { counters.late += 1 }
      show(new, at: now)
      return []
    }
    var slots: [FrameSlot<Frame>] = []
    while next < own { slots.append(repeated(at: now, wallMinusMonotonic)) }
    show(new, at: now)
    newestFilled = own
    slots.append(slot(new, captured: isAtFrameTime ? nil : captured, wallMinusMonotonic))
    return slots
  }

  private mutating func show(_ new: Frame, at now: MonotonicTime) {
    (frame, frameArrival) = (new, now)
    arrivals.heard(at: now)
  }

  /// Closes the slots whose closing time has passed, with the last frame or the slate.
  package mutating func close(
    at now: MonotonicTime, wallMinusMonotonic: Interval
  ) -> [FrameSlot<Frame>] {
    var slots: [FrameSlot<Frame>] = []
    while nextClosing <= now { slots.append(repeated(at: now, wallMinusMonotonic)) }
    return slots
  }

  private mutating func repeated(
    at now: MonotonicTime, _ wallMinusMonotonic: Interval
  ) -> FrameSlot<Frame> {
    counters.repeated += 1
    let isStale = now - frameArrival > arrivals.slateLimit
    return slot(isStale ? slateFrame ?? frame : frame, captured: nil, wallMinusMonotonic)
  }

  /// The frame of the slate for the next slot.
  private var slateFrame: Frame? {
    // bounded: frame indices are positive
    slate.isEmpty ? nil : slate[Int(max(0, nextFrameIndex) % Int64(slate.count))]
  }

  private mutating func slot(
    _ frame: Frame, captured: MonotonicTime?, _ wallMinusMonotonic: Interval
  ) -> FrameSlot<Frame> {
    let announcement = applyStep(wallMinusMonotonic)
    let index = nextFrameIndex
    let frameTime = announced(index)
    defer { next += 1 }
    return FrameSlot(
      frameIndex: index, frame: frame,
      captured: captured.map { WallTime($0, plus: wallMinusMonotonic) } ?? frameTime,
      timestampMilliseconds: frameTime.milliseconds, due: clock.due(index, on: segmentation.grid),
      announcement: announcement)
  }

  /// The time of frame `index` as the stream announces it.
  private func announced(_ index: Int64) -> WallTime {
    WallTime(segmentation.grid.frameTime(of: index), plus: clock.announcedOffset)
  }

  /// Applies a step of the wall clock, at the start of a segment only.
  private mutating func applyStep(_ wallMinusMonotonic: Interval) -> ClockShift? {
    guard segmentation.position(of: nextFrameIndex) == 0 else { return nil }
    let error = clock.error(wallMinusMonotonic: wallMinusMonotonic, on: segmentation)
    guard error.magnitude > Self.tolerance else { return nil }
    let skipped = clock.take(error, on: segmentation)
    let step = ClockStep(
      segment: segmentation.segment(of: nextFrameIndex), offset: clock.announcedOffset,
      skipped: skipped)
    steps = steps.suffix(7) + [step]
    return ClockShift(offset: clock.announcedOffset, skipped: skipped)
  }
}
