// SPDX-License-Identifier: Apache-2.0

/// The anchor between frame grid and monotonic clock, and the announced steps of the wall clock.
///
/// The anchor is taken once, at start; it determines the present frame index. From then on the
/// monotonic clock counts. A later step of the wall clock is announced once, by ``WallClockStep``;
/// it never changes the grid.
package struct StreamClock: Sendable, Hashable {
  /// Wall minus monotonic clock at the anchor, in nanoseconds.
  package let anchorOffset: Int64
  /// Frames skipped since the start, a whole number of segments: media index = grid index +
  /// `shift`.
  package private(set) var shift: Int64 = 0
  /// The announced offset that PROGRAM-DATE-TIME and the burned clock add to frame times, in
  /// nanoseconds.
  package private(set) var announcedOffset: Int64 = 0

  /// The largest error of two readings of the clocks: half a millisecond, in nanoseconds.
  private static let readingError: Int64 = 500_000

  /// Anchors the grid: the wall clock showed `wall` at monotonic time `monotonic`, in nanoseconds.
  package init(wall: Int64, monotonic: Int64) { anchorOffset = wall - monotonic }

  /// The monotonic time at which frame `index` is due, in nanoseconds.
  package func due(_ index: Int64, on grid: FrameGrid) -> Int64 {
    grid.nanoseconds(index - shift) - anchorOffset
  }

  /// The frame whose frame time is nearest to the monotonic time `monotonic`.
  package func frame(nearest monotonic: Int64, on grid: FrameGrid) -> Int64 {
    grid.nearest(monotonic + anchorOffset) + shift
  }

  /// The first frame that is not due before the monotonic time `monotonic`.
  package func frame(atOrAfter monotonic: Int64, on grid: FrameGrid) -> Int64 {
    grid.atOrAfter(monotonic + anchorOffset) + shift
  }

  /// The media time at the monotonic time `monotonic`, in nanoseconds since 1970.
  package func mediaTime(at monotonic: Int64, on segmentation: Segmentation) -> Int64 {
    monotonic + anchorOffset + skipped(on: segmentation)
  }

  /// The monotonic time of the media time `mediaTime`, in nanoseconds.
  package func monotonic(at mediaTime: Int64, on segmentation: Segmentation) -> Int64 {
    mediaTime - anchorOffset - skipped(on: segmentation)
  }

  /// The difference between the wall clock and the stream's announced time, in nanoseconds.
  package func error(wallMinusMonotonic: Int64, on segmentation: Segmentation) -> Int64 {
    wallMinusMonotonic - anchorOffset - announcedOffset - skipped(on: segmentation)
  }

  /// Applies a step of the wall clock from the next segment on.
  ///
  /// A step forwards by a segment or more skips whole segments up to the number of the wall clock.
  /// The remainder, and every other step, is added to ``announcedOffset``.
  /// - Returns: the number of skipped segments.
  package mutating func take(_ step: Int64, on segmentation: Segmentation) -> Int64 {
    let behind = announcedOffset + step
    // Readings of the clocks differ by microseconds: a step of one segment must not count as less.
    let isSkip = step + Self.readingError >= segmentation.segmentNanoseconds
    let segments =
      isSkip ? max(0, (behind + Self.readingError) / segmentation.segmentNanoseconds) : 0
    let before = skipped(on: segmentation)
    shift += segments * segmentation.framesPerSegment
    announcedOffset = behind - (skipped(on: segmentation) - before)
    return segments
  }

  private func skipped(on segmentation: Segmentation) -> Int64 {
    segmentation.grid.nanoseconds(shift)
  }
}
