// SPDX-License-Identifier: Apache-2.0

/// A tick that has its picture and waits to be encoded.
struct FrameSlot<Image: Sendable>: Sendable {
  /// The frame's index; its media time.
  let frame: Int64
  /// The picture; a repeated one where none came in time.
  var image: Image
  /// When it was captured: wall clock, nanoseconds since 1970; the slot's own tick in a repeat.
  var captured: Int64
  /// What a burned clock shows: milliseconds since 1970.
  let timestampMilliseconds: Int64
  /// When the frame was due: monotonic clock, nanoseconds.
  let due: Int64
  /// Set on the first frame after the wall clock stepped.
  let announcement: Announcement?

  /// A step of the wall clock, as the window is told of it.
  struct Announcement: Sendable, Equatable {
    /// What PROGRAM-DATE-TIME adds to the tick from now on, in nanoseconds.
    let offset: Int64
    /// Segment numbers that have no media.
    let skipped: Int64
  }
}
