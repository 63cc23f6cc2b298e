// SPDX-License-Identifier: Apache-2.0

package import Sharing
package import Time

/// A CMAF chunk in the window: one access unit or a few AAC frames, written once and never changed.
package final class Chunk: Sendable {
  /// The index of its first frame.
  package let frameIndex: Int64
  /// The number of its segment if segments have variable duration; else the segmentation gives it.
  package let segment: Int64?
  /// The number of its frames.
  package let frames: Int64
  /// Whether decoding can start with this chunk.
  package let isIndependent: Bool
  /// The duration in ticks of the track's timescale.
  package let duration: Int64
  /// The capture time of the first frame.
  package let captured: WallTime
  /// The publish time; the origin for the prefill.
  package let published: WallTime
  /// The bytes: `[styp] prft moof mdat`.
  package let bytes: SharedBytes

  /// A chunk with these properties.
  package init(
    frameIndex: Int64, frames: Int64 = 1, segment: Int64? = nil, isIndependent: Bool,
    duration: Int64, captured: WallTime, published: WallTime, bytes: SharedBytes
  ) {
    self.frameIndex = frameIndex
    self.segment = segment
    self.frames = frames
    self.isIndependent = isIndependent
    self.duration = duration
    self.captured = captured
    self.published = published
    self.bytes = bytes
  }

  /// The index of its last frame.
  package var lastFrame: Int64 { frameIndex + frames - 1 }
}
