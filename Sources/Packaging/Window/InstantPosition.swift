// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// The place of an instant in a window.
package enum InstantPosition: Sendable {
  /// A frame whose slot contains the instant.
  package struct Frame: Sendable {
    /// The number of its segment.
    package let segment: Int64
    /// The position of its chunk in the segment, from 0.
    package let position: Int
    /// Its chunk.
    package let chunk: Chunk
    /// The index of the frame.
    package let frameIndex: Int64
    /// The frame time that contains the instant: that of a later frame if frames are lost.
    package let slot: Int64
    /// Wall clock minus media time.
    package let offset: Interval
    /// Whether its segment is complete.
    package let isComplete: Bool
  }

  /// The frame whose slot contains it.
  case frame(Frame)
  /// A segment without media, and the index of the frame that is missing.
  case gap(segment: Int64, slot: Int64, offset: Interval)
  /// The frame with this index, which is not published yet.
  case ahead(slot: Int64)
  /// The window begins later.
  case before
  /// The stream ended before it.
  case never
}

extension WindowSnapshot {
  /// The place of an instant; prefill is no media of its time.
  package func position(
    of time: WallTime, _ segmentation: TrackSegmentation
  ) -> InstantPosition {
    var isNewest = true
    for segment in [open].compactMap(\.self) + segments.reversed().map(\.content) {
      let start = segmentation.frameTime(of: segment.firstFrame)
      let offset = segment.programDateTime.offset(from: start)
      let slot = segmentation.frame(at: MediaTime(time, minus: offset))
      let isLast = isNewest
      isNewest = false
      guard slot >= segment.firstFrame else { continue }
      let newest =
        segment.chunks.last?.lastFrame
        ?? segment.firstFrame + segmentation.frames(in: segment.number) - 1
      if isLast, slot > newest { return state == .ended ? .never : .ahead(slot: slot) }
      if segment.isPrefill { return .before }
      guard !segment.chunks.isEmpty else {
        return .gap(segment: segment.number, slot: slot, offset: offset)
      }
      // Frames at the start of the segment may be lost: the one before lasts until the first.
      guard let place = segment.chunks.lastIndex(where: { $0.frameIndex <= slot }) else { continue }
      let isOpen = segment.number == open?.number
      let shown = segment.chunks.presented(at: slot, near: place, segmentation, isComplete: !isOpen)
      guard let shown else { return .ahead(slot: newest + 1) }
      return .frame(
        InstantPosition.Frame(
          segment: segment.number, position: shown.position, chunk: segment.chunks[shown.position],
          frameIndex: min(slot, shown.lastFrame), slot: slot, offset: offset, isComplete: !isOpen))
    }
    if !isNewest { return .before }
    let slot = segmentation.frame(at: MediaTime(time, minus: .zero))
    return state == .ended ? .never : .ahead(slot: slot)
  }

  /// The index of the newest frame; nil in an empty window.
  package var newestFrame: Int64? {
    (open?.chunks.last ?? segments.last { !$0.isGap }?.chunks.last)?.lastFrame
  }
}
