// SPDX-License-Identifier: Apache-2.0

package import Time

/// A step of the wall clock as applied by the frame grid, for tracks that follow the grid.
package struct ClockStep: Sendable, Equatable {
  /// The first segment after the step.
  package let segment: Int64
  /// PROGRAM-DATE-TIME minus media time from that segment on.
  package let offset: Interval
  /// The number of segments before it that have no media.
  package let skipped: Int64

  /// The number that the segment would have without the step.
  package var expected: Int64 { segment - skipped }
}
