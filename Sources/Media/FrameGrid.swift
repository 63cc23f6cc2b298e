// SPDX-License-Identifier: Apache-2.0

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

  /// The frame time of frame `index` in nanoseconds since 1970, rounded down.
  package func nanoseconds(_ index: Int64) -> Int64 {
    Int64(
      floorDivide(Int128(index) * Int128(rate.denominator) * 1_000_000_000, Int128(rate.numerator)))
  }

  /// The frame time of frame `index` in ticks of the rate's timescale since 1970; exact.
  package func ticks(_ index: Int64) -> Int64 { index * rate.ticksPerFrame }

  /// The frame whose frame time is nearest to `nanoseconds` since 1970; the later of two.
  package func nearest(_ nanoseconds: Int64) -> Int64 {
    let denominator = Int128(rate.denominator) * 1_000_000_000
    return Int64(
      floorDivide(2 * Int128(nanoseconds) * Int128(rate.numerator) + denominator, 2 * denominator))
  }

  /// The first frame whose frame time is not before `nanoseconds` since 1970.
  package func atOrAfter(_ nanoseconds: Int64) -> Int64 {
    let denominator = Int128(rate.denominator) * 1_000_000_000
    return Int64(-floorDivide(-Int128(nanoseconds) * Int128(rate.numerator), denominator))
  }
}

/// Division with rounding toward minus infinity; `divisor` is positive.
package func floorDivide(_ value: Int128, _ divisor: Int128) -> Int128 {
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}
