// SPDX-License-Identifier: Apache-2.0

/// A step of the wall clock as the grid took it over, for tracks that follow the grid.
struct ClockStep: Sendable, Equatable {
  /// The first segment after it.
  let segment: Int64
  /// What PROGRAM-DATE-TIME adds to media time from it on, in nanoseconds.
  let offset: Int64
  /// How many numbers before it have no media.
  let skipped: Int64

  /// The number that the segment would have had without the step.
  var expected: Int64 { segment - skipped }
}
