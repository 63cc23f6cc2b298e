// SPDX-License-Identifier: Apache-2.0

package import Time

/// The position, duration and capture time of a chunk: the same at its encoder, in messages and in
/// windows.
package struct ChunkProperties: Sendable, Equatable {
  /// The index of its first frame.
  package let frameIndex: Int64
  /// The number of its frames.
  package let frames: Int64
  /// The number of its segment if segments have variable duration; else the segmentation gives it.
  package let segment: Int64?
  /// Whether decoding can start with this chunk.
  package let isIndependent: Bool
  /// Whether its rendition is left out: a picture is repeated, and playlists have a gap.
  package let isStill: Bool
  /// The duration in ticks of the track's timescale.
  package let duration: Int64
  /// The presentation time of the first frame minus its decode time, in ticks: not 0 with B-frames.
  package let shift: Int64
  /// The capture time of the first frame.
  package let captured: WallTime

  /// The properties of a chunk.
  package init(
    frameIndex: Int64, frames: Int64 = 1, segment: Int64? = nil, isIndependent: Bool,
    isStill: Bool = false, duration: Int64, shift: Int64 = 0, captured: WallTime
  ) {
    self.frameIndex = frameIndex
    self.frames = frames
    self.segment = segment
    self.isIndependent = isIndependent
    self.isStill = isStill
    self.duration = duration
    self.shift = shift
    self.captured = captured
  }

  /// The index of its last frame.
  package var lastFrame: Int64 { frameIndex + frames - 1 }
}
