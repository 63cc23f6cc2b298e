// SPDX-License-Identifier: Apache-2.0

package import Time

/// The frame times of one frame rate: frame i is exactly i·den/num seconds after
/// 1970-01-01T00:00:00Z.
///
/// Each time is computed from i in 128-bit integers, never by adding steps, so that it does not
/// drift.
package struct FrameGrid: Sendable, Hashable {
  /// The rate of the grid.
  package let rate: FrameRate

  /// The grid of `rate`.
  package init(rate: FrameRate) { self.rate = rate }

  /// The frame time of frame `index`, rounded down.
  package func frameTime(of index: Int64) -> MediaTime { .origin + duration(ofFrames: index) }

  /// The duration of `count` frames, rounded down, saturated.
  package func duration(ofFrames count: Int64) -> Interval {
    Interval(
      nanoseconds: Int64(
        clamping: floorDivide(
          Int128(count) * Int128(rate.denominator) * 1_000_000_000, Int128(rate.numerator))))
  }

  /// The frame time of frame `index` in ticks of the rate's timescale since 1970; exact, saturated.
  package func ticks(_ index: Int64) -> Int64 {
    index.multipliedSaturated(by: rate.ticksPerFrame)
  }

  /// The frame whose frame time is nearest to `mediaTime`; the later of two.
  package func nearest(_ mediaTime: MediaTime) -> Int64 {
    let denominator = Int128(rate.denominator) * 1_000_000_000
    let scaled = 2 * Int128(mediaTime.nanoseconds) * Int128(rate.numerator)
    return Int64(floorDivide(scaled + denominator, 2 * denominator))  // bounded: 128-bit
  }

  /// The first frame whose frame time is not before `mediaTime`.
  package func atOrAfter(_ mediaTime: MediaTime) -> Int64 {
    let denominator = Int128(rate.denominator) * 1_000_000_000
    let scaled = Int128(mediaTime.nanoseconds) * Int128(rate.numerator)
    return Int64(-floorDivide(-scaled, denominator))
  }
}

/// Division with rounding toward minus infinity; `divisor` is positive.
package func floorDivide(_ value: Int128, _ divisor: Int128) -> Int128 {
  // bounded: callers give a positive divisor
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}
