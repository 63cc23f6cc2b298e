// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// A frame that is not published yet, and its times.
package struct ComingFrame: Sendable, Equatable {
  /// Its index.
  package let index: Int64
  /// Its frame time.
  package let mediaTime: MediaTime
  /// Its time on the clock of playlists, as it is announced now.
  package let time: WallTime
}

extension WindowSnapshot {
  /// The first frame at or after `time`; nil if it is published, or no media gives its number.
  package func comingFrame(
    atOrAfter time: WallTime, _ segmentation: TrackSegmentation
  ) -> ComingFrame? {
    guard state == .live, let segment = open ?? segments.last?.reopened else { return nil }
    let start = segmentation.frameTime(of: segment.firstFrame)
    let offset = segment.programDateTime.offset(from: start)
    let media = MediaTime(time, minus: offset)
    let slot = segmentation.frame(at: media)
    let index = segmentation.frameTime(of: slot) < media ? slot.addingSaturated(1) : slot
    guard index > newestFrame ?? segment.firstFrame - 1 else { return nil }
    let frameTime = segmentation.frameTime(of: index)
    return ComingFrame(
      index: index, mediaTime: frameTime, time: WallTime(frameTime, plus: offset))
  }
}
