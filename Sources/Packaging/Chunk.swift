// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A CMAF chunk in the window: one picture or a few frames of sound, written once and never changed.
package final class Chunk: Sendable {
  /// The index of its first frame; its media time.
  package let frame: Int64
  /// The number of its segment, where segments are free and the cadence does not tell.
  package let segment: Int64?
  /// How many frames it holds.
  package let frames: Int64
  /// Whether decoding can begin here.
  package let isIndependent: Bool
  /// Ticks of the track's timescale.
  package let duration: Int64
  /// When the first frame was captured: wall clock, nanoseconds since 1970.
  package let captured: Int64
  /// When the chunk entered the window: wall clock, nanoseconds since 1970.
  package let published: Int64
  /// `[styp] prft moof mdat`.
  package let bytes: SharedBytes

  /// A chunk as described.
  package init(
    frame: Int64, frames: Int64 = 1, segment: Int64? = nil, isIndependent: Bool, duration: Int64,
    captured: Int64, published: Int64, bytes: SharedBytes
  ) {
    self.frame = frame
    self.segment = segment
    self.frames = frames
    self.isIndependent = isIndependent
    self.duration = duration
    self.captured = captured
    self.published = published
    self.bytes = bytes
  }

  /// The index of its last frame.
  package var lastFrame: Int64 { frame + frames - 1 }
}
