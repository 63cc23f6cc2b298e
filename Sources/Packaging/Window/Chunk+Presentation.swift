// SPDX-License-Identifier: Apache-2.0

internal import Media
internal import Time

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
