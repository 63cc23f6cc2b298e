// SPDX-License-Identifier: Apache-2.0

package import Time

/// Why a discontinuity period of passed-through video ended although its source continued.
package enum PeriodEnd: Sendable, Equatable, CustomStringConvertible {
  /// Timestamps are those of another clock.
  case timestampsJumped
  /// Access units did not arrive, and a segment had no start.
  case framesMissing
  /// The first access unit of a segment was no IDR.
  case keyFrameMissing
  /// A group was longer than the longest segment.
  case groupTooLong
  /// Capture times have left the offset of the period by this much, and have not returned; positive
  /// if media arrives later.
  case offset(Interval)

  /// The cause in a few words, for the log.
  package var description: String {
    switch self {
    case .timestampsJumped: "timestamps jumped"
    case .framesMissing: "frames are missing"
    case .keyFrameMissing: "a key frame is missing or has moved"
    case .groupTooLong: "a group of pictures is longer than the longest segment"
    case .offset(let change):
      "by the wall clock, media arrives \(change.magnitude.milliseconds) ms "
        + "\(change < .zero ? "earlier" : "later") than before"
    }
  }
}
