// SPDX-License-Identifier: Apache-2.0

import Media

/// Which picture goes to which tick: a pure state machine over pictures of any kind.
///
/// A picture belongs to the tick nearest to its capture time, or to where it is placed. A slot whose picture has not come when it closes, at its
/// tick plus the input delay, repeats the last one; a picture that comes later than that is counted and kept for the
/// next repeat. So every tick has exactly one slot, in order, whatever the source does.
struct SlotSchedule<Image: Sendable>: Sendable {
  /// What happened to pictures.
  struct Counters: Sendable, Equatable {
    /// Pictures that were offered.
    var input: UInt64 = 0
    /// Slots that repeat a picture.
    var repeated: UInt64 = 0
    /// Pictures whose slot had closed.
    var late: UInt64 = 0
    /// Pictures for a slot that had its picture already: the source is faster than the grid.
    var dropped: UInt64 = 0
  }

  /// Beyond this the wall clock has stepped; 50 ms in nanoseconds.
  static var tolerance: Int64 { 50_000_000 }

  private let segmentation: Segmentation
  private let inputDelay: Int64
  private let slate: Image?
  private let patience: Int64
  private(set) var clock: StreamClock
  private(set) var counters = Counters()
  /// The last steps of the wall clock, oldest first.
  private(set) var steps: [ClockStep] = []
  /// Index of the next slot without what the clock skipped: the grid that the monotonic clock counts.
  private var next: Int64
  private var image: Image
  private var imageArrived: Int64
  private var newestPictured = Int64.min

  /// A schedule whose first slot is frame `first`.
  ///
  /// - Parameters:
  ///   - segmentation: the grid, and where segments begin.
  ///   - clock: which frame is due when.
  ///   - first: index of the first frame.
  ///   - inputDelay: how long after its tick a slot stays open, in nanoseconds.
  ///   - image: what is shown until the first picture comes.
  ///   - slate: what is shown when no picture came for `patience`; nil repeats the last picture for ever.
  ///   - patience: nanoseconds.
  init(
    segmentation: Segmentation, clock: StreamClock, first: Int64, inputDelay: Int64, image: Image,
    slate: Image? = nil, patience: Int64 = 1_000_000_000
  ) {
    self.segmentation = segmentation
    self.clock = clock
    self.inputDelay = inputDelay
    self.image = image
    self.slate = slate
    self.patience = patience
    next = first - clock.shift
    imageArrived = clock.due(first, on: segmentation.grid)
  }

  /// Index of the next slot.
  var nextFrame: Int64 { next + clock.shift }
  /// When the next slot is due: monotonic clock, nanoseconds.
  var nextDue: Int64 { clock.due(nextFrame, on: segmentation.grid) }
  /// When the next slot closes: monotonic clock, nanoseconds.
  var nextClosing: Int64 { nextDue + inputDelay }

  /// The last frame that is due at the monotonic time `now`.
  func lastDue(at now: Int64) -> Int64 {
    let frame = clock.frame(nearest: now, on: segmentation.grid)
    return clock.due(frame, on: segmentation.grid) <= now ? frame : frame - 1
  }

  /// What the burned clock of `frame` shows, in milliseconds since 1970.
  func timestamp(of frame: Int64) -> Int64 {
    (segmentation.grid.nanoseconds(frame) + clock.announcedOffset) / 1_000_000
  }

  /// Takes a picture and gives the slots that it closes: those before its own, which repeat, and its own.
  ///
  /// - Parameters:
  ///   - picture: the picture.
  ///   - captured: monotonic time of its capture in nanoseconds.
  ///   - placed: the time whose tick it belongs to; nil for that of its capture.
  ///   - isTick: whether the capture time is the tick by definition, as with the test picture.
  ///   - now: monotonic time.
  ///   - wallMinusMonotonic: difference of the clocks now.
  /// - Returns: the slots, oldest first; none if the picture's own has closed.
  mutating func offer(
    _ picture: Image, captured: Int64, placed: Int64? = nil, isTick: Bool, now: Int64,
    wallMinusMonotonic: Int64
  ) -> [FrameSlot<Image>] {
    counters.input += 1
    let nearest = clock.frame(nearest: placed ?? captured, on: segmentation.grid) - clock.shift
    // A stamp from the future would close slots that are not due.
    let own = min(nearest, clock.frame(atOrAfter: now, on: segmentation.grid) - clock.shift)
    guard own >= next else {
      if own == newestPictured { counters.dropped += 1 } else { counters.late += 1 }
      image = picture
      imageArrived = now
      return []
    }
    var slots: [FrameSlot<Image>] = []
    while next < own { slots.append(repeated(at: now, wallMinusMonotonic)) }
    image = picture
    imageArrived = now
    newestPictured = own
    slots.append(slot(picture, captured: isTick ? nil : captured, wallMinusMonotonic))
    return slots
  }

  /// Closes the slots whose time has come; they repeat the last picture, or show the slate.
  mutating func close(at now: Int64, wallMinusMonotonic: Int64) -> [FrameSlot<Image>] {
    var slots: [FrameSlot<Image>] = []
    while nextClosing <= now { slots.append(repeated(at: now, wallMinusMonotonic)) }
    return slots
  }

  private mutating func repeated(at now: Int64, _ wallMinusMonotonic: Int64) -> FrameSlot<Image> {
    counters.repeated += 1
    let isStale = now - imageArrived > patience
    return slot(isStale ? slate ?? image : image, captured: nil, wallMinusMonotonic)
  }

  private mutating func slot(
    _ image: Image, captured: Int64?, _ wallMinusMonotonic: Int64
  ) -> FrameSlot<Image> {
    let announcement = step(wallMinusMonotonic)
    let frame = nextFrame
    let tick = segmentation.grid.nanoseconds(frame) + clock.announcedOffset
    defer { next += 1 }
    return FrameSlot(
      frame: frame, image: image, captured: captured.map { $0 + wallMinusMonotonic } ?? tick,
      timestampMilliseconds: tick / 1_000_000, due: clock.due(frame, on: segmentation.grid),
      announcement: announcement)
  }

  /// Takes over a step of the wall clock, at the start of a segment only.
  private mutating func step(_ wallMinusMonotonic: Int64) -> FrameSlot<Image>.Announcement? {
    guard segmentation.position(of: nextFrame) == 0 else { return nil }
    let error = clock.error(wallMinusMonotonic: wallMinusMonotonic, on: segmentation)
    guard abs(error) > Self.tolerance else { return nil }
    let skipped = clock.take(error, on: segmentation)
    let step = ClockStep(
      segment: segmentation.segment(of: nextFrame), offset: clock.announcedOffset, skipped: skipped)
    steps = steps.suffix(7) + [step]
    return .init(offset: clock.announcedOffset, skipped: skipped)
  }
}
