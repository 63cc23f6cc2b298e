// SPDX-License-Identifier: Apache-2.0

/// The end of the newest complete segment with media.
package struct MediaEnd: Sendable, Hashable {
  /// The index of its discontinuity period.
  package let period: Int64
  /// Its number.
  package let segment: Int64
  /// The media time at which it ends, in ticks.
  package let ticks: Int64
}
