// SPDX-License-Identifier: Apache-2.0

internal import Media
package import Sharing
package import Time

/// A CMAF chunk in the window: one access unit or a few AAC frames, written once and never changed.
package final class Chunk: Sendable {
  /// Its position, duration and capture time.
  package let properties: ChunkProperties
  /// The publish time; the origin for the prefill.
  package let published: WallTime
  /// The bytes: `[styp] prft moof mdat`.
  package let bytes: SharedBytes

  /// A chunk with these properties.
  package init(_ properties: ChunkProperties, published: WallTime, bytes: SharedBytes) {
    self.properties = properties
    self.published = published
    self.bytes = bytes
  }

  /// A chunk with these properties.
  package convenience init(
    frameIndex: Int64, frames: Int64 = 1, segment: Int64? = nil, isIndependent: Bool,
    isStill: Bool = false, duration: Int64, shift: Int64 = 0, captured: WallTime,
    published: WallTime, bytes: SharedBytes
  ) {
    let properties = ChunkProperties(
      frameIndex: frameIndex, frames: frames, segment: segment, isIndependent: isIndependent,
      isStill: isStill, duration: duration, shift: shift, captured: captured)
    self.init(properties, published: published, bytes: bytes)
  }

  /// The number of its bytes.
  package var size: Int { bytes.count }
  /// See ``ChunkProperties/frameIndex``.
  package var frameIndex: Int64 { properties.frameIndex }
  /// See ``ChunkProperties/segment``.
  package var segment: Int64? { properties.segment }
  /// See ``ChunkProperties/frames``.
  package var frames: Int64 { properties.frames }
  /// See ``ChunkProperties/isIndependent``.
  package var isIndependent: Bool { properties.isIndependent }
  /// See ``ChunkProperties/isStill``.
  package var isStill: Bool { properties.isStill }
  /// See ``ChunkProperties/duration``.
  package var duration: Int64 { properties.duration }
  /// See ``ChunkProperties/shift``.
  package var shift: Int64 { properties.shift }
  /// See ``ChunkProperties/captured``.
  package var captured: WallTime { properties.captured }
  /// See ``ChunkProperties/lastFrame``.
  package var lastFrame: Int64 { properties.lastFrame }
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
