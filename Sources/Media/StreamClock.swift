// SPDX-License-Identifier: Apache-2.0

package import Time

/// The anchor between frame grid and monotonic clock, and the announced steps of the wall clock.
///
/// The anchor is taken once, at start; it determines the present frame index. From then on the
/// monotonic clock counts. A later step of the wall clock is announced once (``take(_:on:)``);
/// it never changes the grid.
package struct StreamClock: Sendable, Hashable, Codable {
  /// Wall minus monotonic clock at the anchor.
  package let anchorOffset: Interval
  /// Frames skipped since the start, a whole number of segments: media index = grid index +
  /// `shift`.
  package private(set) var shift: Int64 = 0
  /// The announced offset that PROGRAM-DATE-TIME and the burned clock add to frame times.
  package private(set) var announcedOffset = Interval.zero

  /// The largest error of two readings of the clocks.
  private static let readingError = Interval.microseconds(500)

  /// Anchors the grid: the wall clock showed `wall` at monotonic time `monotonic`.
  package init(wall: WallTime, monotonic: MonotonicTime) {
    anchorOffset = wall.offset(from: monotonic)
  }

  /// The clock of another process: its anchor, and the steps that were announced.
  package init(anchorOffset: Interval, shift: Int64, announcedOffset: Interval) {
    self.anchorOffset = anchorOffset
    self.shift = shift
    self.announcedOffset = announcedOffset
  }

  /// The monotonic time at which frame `index` is due.
  package func due(_ index: Int64, on grid: FrameGrid) -> MonotonicTime {
    MonotonicTime(grid.frameTime(of: index - shift), minus: anchorOffset)
  }

  /// The frame whose frame time is nearest to the monotonic time `monotonic`.
  package func frame(nearest monotonic: MonotonicTime, on grid: FrameGrid) -> Int64 {
    grid.nearest(MediaTime(monotonic, plus: anchorOffset)) + shift
  }

  /// The first frame that is not due before the monotonic time `monotonic`.
  package func frame(atOrAfter monotonic: MonotonicTime, on grid: FrameGrid) -> Int64 {
    grid.atOrAfter(MediaTime(monotonic, plus: anchorOffset)) + shift
  }

  /// The media time at the monotonic time `monotonic`.
  package func mediaTime(
    at monotonic: MonotonicTime, on segmentation: Segmentation
  ) -> MediaTime {
    MediaTime(monotonic, plus: anchorOffset + skipped(on: segmentation))
  }

  /// The difference between the wall clock and the stream's announced time.
  package func error(wallMinusMonotonic: Interval, on segmentation: Segmentation) -> Interval {
    wallMinusMonotonic - anchorOffset - announcedOffset - skipped(on: segmentation)
  }

  /// Applies a step of the wall clock from the next segment on.
  ///
  /// A step forwards by a segment or more skips whole segments up to the number of the wall clock.
  /// The remainder, and every other step, is added to ``announcedOffset``.
  /// - Returns: the number of skipped segments.
  package mutating func take(_ step: Interval, on segmentation: Segmentation) -> Int64 {
    let behind = announcedOffset + step
    // Readings of the clocks differ by microseconds: a step of one segment must not count as less.
    let isSkip = step + Self.readingError >= segmentation.segmentDuration
    let segments =
      isSkip ? max(0, (behind + Self.readingError).count(of: segmentation.segmentDuration)) : 0
    let before = skipped(on: segmentation)
    // bounded: a step is at most as long as times that can be expressed
    shift += segments * segmentation.framesPerSegment
    announcedOffset = behind - (skipped(on: segmentation) - before)
    return segments
  }

  private func skipped(on segmentation: Segmentation) -> Interval {
    segmentation.grid.duration(ofFrames: shift)
  }
}
