// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The end of the newest complete segment with media.
package struct MediaEnd: Sendable, Hashable {
  /// The index of its discontinuity period.
  package let period: Int64
  /// Its number.
  package let segment: Int64
  /// The media time at which it ends, in ticks.
  package let ticks: Int64

  /// The end of a segment.
  init(_ segment: Segment, _ segmentation: TrackSegmentation) {
    period = segment.period.index
    self.segment = segment.number
    ticks = segmentation.ticks(segment.firstFrame).addingSaturated(segment.duration)
  }
}
