// SPDX-License-Identifier: Apache-2.0

/// Which frame is due when: the anchor between the frame grid and the monotonic clock, and what the wall clock did since.
///
/// The anchor is taken once, at start, and only says which frame is now. From there the monotonic clock counts. What
/// the wall clock does later is announced once, by ``WallClockStep``; it never bends the grid.
package struct StreamClock: Sendable, Hashable {
  /// Wall minus monotonic clock at the anchor, in nanoseconds.
  package let anchorOffset: Int64
  /// Frames that were skipped since, a whole number of segments: media index = grid index + `shift`.
  package private(set) var shift: Int64 = 0
  /// What PROGRAM-DATE-TIME and the burned clock add to the tick, in nanoseconds, since a step was announced.
  package private(set) var announcedOffset: Int64 = 0

  /// By how much two readings of the clocks may be apart; half a millisecond in nanoseconds.
  private static let readingError: Int64 = 500_000

  /// Anchors the grid: at monotonic time `monotonic` the wall clock showed `wall`, both in nanoseconds.
  package init(wall: Int64, monotonic: Int64) { anchorOffset = wall - monotonic }

  /// The monotonic time at which frame `index` is due, in nanoseconds.
  package func due(_ index: Int64, on grid: FrameGrid) -> Int64 {
    grid.nanoseconds(index - shift) - anchorOffset
  }

  /// The frame whose tick is nearest to the monotonic time `monotonic`.
  package func frame(nearest monotonic: Int64, on grid: FrameGrid) -> Int64 {
    grid.nearest(monotonic + anchorOffset) + shift
  }

  /// The first frame that is not due before the monotonic time `monotonic`.
  package func frame(atOrAfter monotonic: Int64, on grid: FrameGrid) -> Int64 {
    grid.atOrAfter(monotonic + anchorOffset) + shift
  }

  /// The media time at the monotonic time `monotonic`: nanoseconds since 1970.
  package func mediaTime(at monotonic: Int64, on segmentation: Segmentation) -> Int64 {
    monotonic + anchorOffset + skipped(on: segmentation)
  }

  /// The monotonic time at which media time shows `mediaTime`, in nanoseconds.
  package func monotonic(at mediaTime: Int64, on segmentation: Segmentation) -> Int64 {
    mediaTime - anchorOffset - skipped(on: segmentation)
  }

  /// How far the wall clock is from what the stream says of it, in nanoseconds.
  package func error(wallMinusMonotonic: Int64, on segmentation: Segmentation) -> Int64 {
    wallMinusMonotonic - anchorOffset - announcedOffset - skipped(on: segmentation)
  }

  /// Takes over a step of the wall clock from the next segment on.
  ///
  /// A step forwards by a segment or more leads to the number that the wall clock says, by skipping whole segments
  /// where the stream is behind it; what remains, and every other step, is in ``announcedOffset``.
  /// - Returns: how many segment numbers are skipped, 0 or more.
  package mutating func take(_ step: Int64, on segmentation: Segmentation) -> Int64 {
    let behind = announcedOffset + step
    // Readings of the clocks differ by microseconds: a step of a whole segment must not count as one that is just less.
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
