// SPDX-License-Identifier: Apache-2.0

package import Media

/// How early a segment may be asked for.
package enum EarlyRequests {
  /// H = clamp(2 segment durations, 1 s, 4 s), in nanoseconds: a segment that begins within it is held, one further
  /// ahead is refused with 425.
  package static func horizon(_ segmentation: Segmentation) -> Int64 {
    min(max(2 * segmentation.segmentNanoseconds, 1_000_000_000), 4_000_000_000)
  }

  /// Whether the segment after the open one is always within the horizon.
  package static func holdsNext(_ segmentation: Segmentation) -> Bool {
    segmentation.segmentNanoseconds <= horizon(segmentation)
  }
}
