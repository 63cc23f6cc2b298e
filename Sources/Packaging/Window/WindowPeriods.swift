// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The discontinuity periods of a window, and the announced start of the next one: pure.
struct WindowPeriods: Sendable {
  /// The largest drift within a period, if a frame lasts longer.
  private static let maximumDrift = Interval.milliseconds(40)

  /// The newest period.
  var period = DiscontinuityPeriod.initial
  /// Wall clock minus media time in the newest segment.
  var offset = Interval.zero
  /// The numbers before the next segment that have no media.
  var skipped: Int64 = 0
  /// Whether the next segment begins with a Discontinuity.
  private(set) var isDue = false
  /// Wall clock minus media time from there on; nil if it is that of the window.
  private var nextOffset: Interval?
  private var headerHash: String?

  /// The periods of a window without an earlier one.
  init() {}

  /// The periods after those of an earlier window, of which the last one has this index.
  init(after index: Int64) {
    period = .initial(offset: .zero, index: index)
    isDue = true
  }

  /// Leaves out numbers before the next segment.
  mutating func skip(_ count: Int64) { skipped = skipped.addingSaturated(count) }

  /// Announces a step of the wall clock: the next segment begins with a Discontinuity.
  ///
  /// `headerHash` is nil if the CMAF header does not change.
  mutating func announce(offset: Interval, headerHash: String?) {
    (isDue, nextOffset) = (true, offset)
    self.headerHash = headerHash ?? self.headerHash
  }

  /// Lets the next segment begin with a Discontinuity, at the offset of its first chunk unless
  /// another one was announced.
  mutating func interrupt() {
    guard !isDue else { return }
    (isDue, nextOffset) = (true, nil)
  }

  /// Sets wall clock minus media time of the first period, before the first chunk; without a hash
  /// it has the header that was described.
  mutating func begin(offset: Interval, headerHash: String?) {
    period = .initial(
      offset: offset, index: period.index, headerHash: headerHash ?? period.headerHash)
    self.offset = offset
  }

  /// Sets the header of the first period, before the first chunk.
  mutating func describe(headerHash: String) {
    guard period.firstSegment == nil else { return }
    period = .initial(offset: period.offset, index: period.index, headerHash: headerHash)
  }

  /// Segment `number`; it begins a period if a step of the wall clock was announced, or, without a
  /// Discontinuity, if the offset has moved by a frame duration, or 40 ms, since the period began.
  mutating func opening(
    _ number: Int64, at frame: Int64, _ segmentation: TrackSegmentation, isPrefill: Bool
  ) -> OpenSegment {
    let startsDiscontinuity = isDue
    if startsDiscontinuity { offset = nextOffset ?? offset }
    let drift = (offset - period.offset).magnitude
    let most = min(segmentation.video.grid.rate.frameDuration, Self.maximumDrift)
    if startsDiscontinuity || drift >= most {
      period = period.next(from: number, at: frame, offset: offset, headerHash: headerHash)
    }
    isDue = false
    headerHash = nil
    return OpenSegment(
      number: number, firstFrame: frame,
      programDateTime: WallTime(segmentation.frameTime(of: frame), plus: offset),
      startsDiscontinuity: startsDiscontinuity, period: period, isPrefill: isPrefill)
  }
}
