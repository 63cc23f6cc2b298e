// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// How long before its first frame a segment may be requested.
package enum EarlyRequests {
  /// H = clamp(2 segment durations, 1 s, 4 s).
  ///
  /// A request for a segment that begins within H is held; requests for later segments are refused.
  package static func horizon(_ segmentation: Segmentation) -> Interval {
    // bounded: intervals saturate
    min(max(segmentation.segmentDuration * 2, .seconds(1)), .seconds(4))
  }

  /// Whether the segment after the open segment always begins within the horizon.
  package static func holdsNext(_ segmentation: Segmentation) -> Bool {
    segmentation.segmentDuration <= horizon(segmentation)
  }
}
