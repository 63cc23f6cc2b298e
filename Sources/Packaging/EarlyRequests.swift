// SPDX-License-Identifier: Apache-2.0

package import Media

/// How long before its first frame a segment may be requested.
package enum EarlyRequests {
  /// H = clamp(2 segment durations, 1 s, 4 s), in nanoseconds.
  ///
  /// A request for a segment that begins within H is held; requests for later segments are refused.
  package static func horizon(_ segmentation: Segmentation) -> Int64 {
    min(max(2 * segmentation.segmentNanoseconds, 1_000_000_000), 4_000_000_000)
  }

  /// Whether the segment after the open segment always begins within the horizon.
  package static func holdsNext(_ segmentation: Segmentation) -> Bool {
    segmentation.segmentNanoseconds <= horizon(segmentation)
  }
}
