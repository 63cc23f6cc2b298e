// SPDX-License-Identifier: Apache-2.0

package import Time

/// A frame time with its frame, waiting to be encoded.
package struct FrameSlot<Frame: Sendable>: Sendable {
  /// The index on the frame grid; the media time.
  package let frameIndex: Int64
  /// The new frame, or a repeated one if none arrived in time.
  package var frame: Frame
  /// The capture time; the frame time if the frame is a repeat.
  package let captured: WallTime
  /// The time shown by a burned clock: milliseconds since 1970.
  package let timestampMilliseconds: Int64
  /// The frame time on the monotonic clock.
  package let due: MonotonicTime
  /// Set on the first slot after a step of the wall clock.
  package let announcement: ClockShift?
  /// The captions to send with the frame; see ``CaptionQueue``.
  package var captions: [UInt8] = []
}

/// A step of the wall clock as applied by the frame grid, for tracks that follow the grid.
package struct ClockStep: Sendable, Equatable {
  /// The first segment after the step.
  package let segment: Int64
  /// PROGRAM-DATE-TIME minus media time from that segment on.
  package let offset: Interval
  /// The number of segments before it that have no media.
  package let skipped: Int64

  /// The number that the segment would have without the step.
  package var expected: Int64 { segment - skipped }
}

/// Wall clock minus media time from a segment on, as announced to the window.
package struct ClockShift: Sendable, Equatable {
  /// PROGRAM-DATE-TIME minus media time.
  package let offset: Interval
  /// The number of segments without media before the segment.
  package let skipped: Int64
}
