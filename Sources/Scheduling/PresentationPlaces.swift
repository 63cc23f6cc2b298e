// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// Gives each frame of passed-through video with B-frames a presentation time of its own: a pure
/// state machine.
///
/// A wrong timestamp may lead to the place of another frame. The frame then takes the nearest free
/// place after its key frame and before the end of its segment. Decoding order stays.
package struct PresentationPlaces: Sendable {
  /// The places of the last frames; others are too old to be taken again.
  private var taken: Set<Int64> = []
  /// The least place: that after the newest key frame.
  private var least = Int64.min

  /// No frame has a place.
  package init() {}

  /// The presentation of a frame minus its decoding, in frames.
  ///
  /// - Parameters:
  ///   - frameIndex: its frame index, by decoding; above that of the frame before.
  ///   - shift: the difference by its timestamps.
  ///   - isKey: whether it is a key frame, which is presented when it is decoded.
  ///   - end: the frame index after its segment; nil if that is not known yet.
  /// - Returns: the difference to the nearest free place; `shift` if none is near.
  package mutating func shift(
    of frameIndex: Int64, shift: Int64, isKey: Bool, endOfSegment end: Int64? = nil
  ) -> Int64 {
    // bounded: two times 32
    let oldest = frameIndex.subtractingSaturated(2 * Reordering.maximum)
    taken = taken.filter { $0 >= oldest }
    if isKey { least = frameIndex }
    let wanted = frameIndex.addingSaturated(shift)
    let place = place(nearest: wanted, before: end ?? .max) ?? wanted
    taken.insert(place)
    if isKey { least = place.addingSaturated(1) }
    return place.subtractingSaturated(frameIndex)
  }

  private func place(nearest wanted: Int64, before end: Int64) -> Int64? {
    for distance in 0...Reordering.maximum {
      let near = [wanted.subtractingSaturated(distance), wanted.addingSaturated(distance)]
      if let found = near.first(where: { $0 >= least && $0 < end && !taken.contains($0) }) {
        return found
      }
    }
    return nil
  }
}
