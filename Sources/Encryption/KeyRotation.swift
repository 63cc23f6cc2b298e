// SPDX-License-Identifier: Apache-2.0

package import Time

/// How long a key is used: the key period, counted since 1970.
package struct KeyRotation: Sendable, Equatable {
  /// The segments with one key, if each has ``duration``; at least 1.
  package let segments: Int64
  /// The nominal duration of a segment.
  package let duration: Interval
  /// Whether segments may be longer: their numbers are no times then, and a key follows the clock.
  package let hasVariableDuration: Bool

  /// A rotation.
  package init(segments: Int64, of duration: Interval, hasVariableDuration: Bool = false) {
    self.segments = max(1, segments)
    self.duration = duration
    self.hasVariableDuration = hasVariableDuration
  }

  /// The number that a segment of the nominal duration has at a time.
  func segment(at time: WallTime) -> Int64 {
    (time - .origin).nanoseconds / max(1, duration.nanoseconds)
  }

  /// The number of the key period at a time.
  // bounded: at least one segment
  package func period(at time: WallTime) -> Int64 { segment(at: time) / segments }
}
