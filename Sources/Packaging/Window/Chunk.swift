// SPDX-License-Identifier: Apache-2.0

internal import Media
package import Sharing
package import Time

/// A CMAF chunk in the window: one access unit or a few AAC frames, written once and never changed.
package final class Chunk: Sendable {
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
  /// The publish time; the origin for the prefill.
  package let published: WallTime
  /// The bytes: `[styp] prft moof mdat`.
  package let bytes: SharedBytes

  /// A chunk with these properties.
  package init(
    frameIndex: Int64, frames: Int64 = 1, segment: Int64? = nil, isIndependent: Bool,
    isStill: Bool = false, duration: Int64, shift: Int64 = 0, captured: WallTime,
    published: WallTime, bytes: SharedBytes
  ) {
    self.frameIndex = frameIndex
    self.frames = frames
    self.segment = segment
    self.isIndependent = isIndependent
    self.isStill = isStill
    self.duration = duration
    self.shift = shift
    self.captured = captured
    self.published = published
    self.bytes = bytes
  }

  /// The same chunk with another publish time, or with other bytes.
  package convenience init(
    _ chunk: Chunk, published: WallTime? = nil, bytes: SharedBytes? = nil
  ) {
    self.init(
      frameIndex: chunk.frameIndex, frames: chunk.frames, segment: chunk.segment,
      isIndependent: chunk.isIndependent, isStill: chunk.isStill, duration: chunk.duration,
      shift: chunk.shift, captured: chunk.captured, published: published ?? chunk.published,
      bytes: bytes ?? chunk.bytes)
  }

  /// The number of its bytes.
  package var size: Int { bytes.count }
  /// The index of its last frame.
  package var lastFrame: Int64 { frameIndex + frames - 1 }
}

extension [Chunk] {
  /// How far from its place in decoding order a frame is looked for.
  private static var reach: Int { Int(Reordering.maximum) }

  /// The chunk whose frame is presented at a frame time.
  ///
  /// Without B-frames it is the chunk that is decoded at this time.
  ///
  /// - Parameters:
  ///   - slot: the frame time, as an index.
  ///   - place: the position of the last chunk that is decoded at `slot` or before.
  ///   - segmentation: the segmentation of the track.
  ///   - isComplete: whether no chunk follows in the segment.
  /// - Returns: the position of the chunk and the index of its last frame in presentation order;
  ///   nil if the frame may be in a chunk that is not published yet. If the frame is lost, that of
  ///   the frame before it.
  func presented(
    at slot: Int64, near place: Int, _ segmentation: TrackSegmentation, isComplete: Bool
  ) -> (position: Int, lastFrame: Int64)? {
    let usual = (position: place, lastFrame: self[place].lastFrame)
    guard case .video = segmentation,
      self[place].presentedFrame(segmentation) != self[place].frameIndex
    else { return usual }
    var found: (position: Int, lastFrame: Int64)?
    // bounded: positions of chunks of a segment
    for position in Swift.max(0, place - Self.reach)..<Swift.min(count, place + Self.reach + 1) {
      let frame = self[position].presentedFrame(segmentation)
      guard frame <= slot else { continue }
      if frame == slot { return (position, frame) }
      if frame > found?.lastFrame ?? .min { found = (position, frame) }
    }
    if !isComplete, place + Self.reach >= count { return nil }
    return found ?? usual
  }
}

extension Chunk {
  /// The index of the frame time at which its first frame is presented.
  fileprivate func presentedFrame(_ segmentation: TrackSegmentation) -> Int64 {
    let frames = floorDivide(Int128(shift), Int128(max(1, segmentation.ticksPerFrame)))
    return frameIndex.addingSaturated(Int64(clamping: frames))
  }
}
