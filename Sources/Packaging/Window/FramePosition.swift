// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// The frame of a time near the live edge, and its times.
package struct FramePosition: Sendable, Equatable {
  /// Its index.
  package let index: Int64
  /// Its frame time.
  package let mediaTime: MediaTime
  /// Its time on the clock of playlists, as it is announced now.
  package let time: WallTime
  /// Whether it is published already.
  package let isPublished: Bool
}

extension WindowSnapshot {
  /// The first frame at or after `time`; nil if no media gives its number.
  package func frame(
    atOrAfter time: WallTime, _ segmentation: TrackSegmentation
  ) -> FramePosition? {
    guard state == .live, let segment = open ?? segments.last?.content else { return nil }
    let start = segmentation.frameTime(of: segment.firstFrame)
    let offset = segment.programDateTime.offset(from: start)
    let media = MediaTime(time, minus: offset)
    let slot = segmentation.frame(at: media)
    let index = segmentation.frameTime(of: slot) < media ? slot.addingSaturated(1) : slot
    let frameTime = segmentation.frameTime(of: index)
    return FramePosition(
      index: index, mediaTime: frameTime, time: WallTime(frameTime, plus: offset),
      isPublished: index <= newestFrame ?? segment.firstFrame - 1)
  }
}
