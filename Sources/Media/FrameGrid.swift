// SPDX-License-Identifier: Apache-2.0

/// The places of frames in time: frame i lies exactly i·den/num seconds after 1970-01-01T00:00:00Z.
///
/// Each time is computed from i, in integers of 128 bits; steps are never added up, so nothing drifts.
package struct FrameGrid: Sendable, Hashable {
  /// The rate of the grid.
  package let rate: FrameRate

  /// The grid of `rate`.
  package init(rate: FrameRate) { self.rate = rate }

  /// The tick of frame `index` in nanoseconds since 1970, rounded down.
  package func nanoseconds(_ index: Int64) -> Int64 {
    Int64(
      floorDivide(Int128(index) * Int128(rate.denominator) * 1_000_000_000, Int128(rate.numerator)))
  }

  /// The tick of frame `index` in ticks of the rate's timescale since 1970; exact.
  package func ticks(_ index: Int64) -> Int64 { index * rate.ticksPerFrame }

  /// The frame whose tick is nearest to `nanoseconds` since 1970; the later one where two are.
  package func nearest(_ nanoseconds: Int64) -> Int64 {
    let denominator = Int128(rate.denominator) * 1_000_000_000
    return Int64(
      floorDivide(2 * Int128(nanoseconds) * Int128(rate.numerator) + denominator, 2 * denominator))
  }

  /// The first frame whose tick is not before `nanoseconds` since 1970.
  package func atOrAfter(_ nanoseconds: Int64) -> Int64 {
    let denominator = Int128(rate.denominator) * 1_000_000_000
    return Int64(-floorDivide(-Int128(nanoseconds) * Int128(rate.numerator), denominator))
  }
}

/// Division rounding towards minus infinity; `divisor` is positive.
package func floorDivide(_ value: Int128, _ divisor: Int128) -> Int128 {
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? quotient - 1 : quotient
}
