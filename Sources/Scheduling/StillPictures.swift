// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// The pictures of a rendition that is left out: a pure state machine.
///
/// Each part has two frames of one picture: a key frame for a slot, and a frame that depends on it
/// for the others. Both are encoded once, and published again in the following parts, which needs
/// no encoder. The first part has a new picture; a later one has a new one if the picture is nearly
/// a second old, the rendition is not late, and encoding takes at most a third of the time.
///
/// The second frame separates the key frames: neighbouring IDRs must differ in `idr_pic_id`, and
/// repeated ones do not (ITU-T H.264 §7.4.3).
package struct StillPictures: Sendable {
  /// A frame of a picture.
  package struct Frame: Sendable, Equatable {
    /// Whether it is the key frame of its part.
    package let isKey: Bool
    /// Whether it is encoded; else the newest one of its kind is published again.
    package let isNew: Bool
    /// The number of slots for which it is shown.
    package let slots: Int64
  }

  /// The least age of a picture before the next one is encoded.
  private static let age = Interval.milliseconds(900)

  private let segmentation: Segmentation
  /// The first frame index without a frame.
  private var next = Int64.min
  /// Whether the picture of the present part is new.
  private var isNew = true
  /// When the next picture may be encoded; nil before the first one.
  private var due: MonotonicTime?

  /// No picture is encoded; nil if a part of `segmentation` has less than two slots.
  package init?(_ segmentation: Segmentation) {
    let (segment, part) = (segmentation.framesPerSegment, segmentation.framesPerPart)
    // bounded: a part has at least one frame
    guard part > 1, segment % part != 1 else { return nil }
    self.segmentation = segmentation
  }

  /// Takes the next slot.
  ///
  /// - Parameters:
  ///   - index: the index of the slot; slots are in order, the first one begins a part.
  ///   - lag: how long after it could be taken the slot is taken.
  ///   - now: the present time.
  /// - Returns: the frame that begins with the slot; nil if the one before is shown.
  package mutating func take(_ index: Int64, lag: Interval, now: MonotonicTime) -> Frame? {
    guard index >= next else { return nil }
    let position = segmentation.position(of: index)
    // bounded: a part has at least one frame
    let inPart = position % segmentation.framesPerPart
    guard inPart > 0 else {
      next = index + 1
      isNew = due.map { lag <= EncoderEffort.limit && now >= $0 } ?? true
      return Frame(isKey: true, isNew: isNew, slots: 1)
    }
    // bounded: a segment has at least one frame
    let rest = min(segmentation.framesPerPart - inPart, segmentation.framesPerSegment - position)
    next = index + rest
    return Frame(isKey: false, isNew: isNew, slots: rest)
  }

  /// A frame was encoded from `begin` to `end`.
  package mutating func encoded(_ frame: Frame, from begin: MonotonicTime, to end: MonotonicTime) {
    // bounded: intervals saturate
    let pause = (end - begin) * 3
    due = frame.isKey ? begin + max(Self.age, pause) : (due ?? begin) + pause
  }
}
