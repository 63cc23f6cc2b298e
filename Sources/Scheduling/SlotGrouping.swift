// SPDX-License-Identifier: Apache-2.0

package import Media

/// The frame slots for which one encoded frame is shown: a pure state machine.
///
/// A frame is usually shown for one slot. With a reduced effort it is shown for several; if more
/// slots wait than half a second has, it is shown until its part ends. No frame is shown beyond its
/// part, so that parts, segments and key frames begin where they always do, nor beyond a splice.
package struct SlotGrouping: Sendable {
  private let segmentation: Segmentation
  /// The most slots that may wait while each has a frame: those of half a second, at least a part.
  private let backlog: Int64
  /// The first frame index without a frame.
  private var next = Int64.min

  /// Groups of slots in parts of `segmentation`.
  package init(_ segmentation: Segmentation) {
    self.segmentation = segmentation
    let rate = segmentation.grid.rate
    // bounded: a denominator is at least 1
    backlog = max(segmentation.framesPerPart, rate.numerator / rate.denominator / 2)
  }

  /// Takes the next slot.
  ///
  /// - Parameters:
  ///   - index: the index of the slot; slots are in order.
  ///   - slotsPerFrame: the number of slots for each frame.
  ///   - waiting: the number of slots that wait for the encoder.
  ///   - splice: the next frame that must have a slot of its own; nil if there is none.
  /// - Returns: the number of slots for which its frame is shown; nil if the frame before is shown.
  package mutating func take(
    _ index: Int64, slotsPerFrame: Int64, waiting: Int,
    before splice: @autoclosure () -> Int64? = nil
  ) -> Int64? {
    guard index >= next else { return nil }
    let position = segmentation.position(of: index)
    let part = segmentation.framesPerPart
    // bounded: a segment has at least one frame, a part too
    var rest = min(part - position % part, segmentation.framesPerSegment - position)
    let isGrouped = slotsPerFrame > 1 || waiting > backlog
    // bounded: the difference is compared with frames of a part
    if isGrouped, let splice = splice(), splice > index { rest = min(rest, splice - index) }
    let count = waiting > backlog ? rest : max(1, min(slotsPerFrame, rest))
    next = index + count
    return count
  }
}
