// SPDX-License-Identifier: Apache-2.0

package import Time

/// Extends timestamps that wrap at 2^bits.
///
/// Shared by the tracks of a source, so that all count the same wraps. A timestamp is interpreted
/// as the one nearest to the last: MPEG-TS wraps at 33 bits after 26.5 hours, RTMP at 32 bits after
/// 49.7 days.
package struct TimestampUnwrapper: Sendable {
  /// The largest valid magnitude: 126 years in nanoseconds.
  ///
  /// The difference of two such values, and their sum with a time of a clock, do not overflow.
  private static let limit: Int128 = 4_000_000_000_000_000_000

  /// The last timestamp.
  private var last: SourceTime?

  /// An unwrapper before the first timestamp.
  package init() {}

  /// The timestamp `ticks` of a clock of `bits` bits, nearest to the last one.
  ///
  /// - Parameters:
  ///   - ticks: the timestamp of the source.
  ///   - bits: the number of bits after which it wraps; 63 and more never wrap.
  ///   - numerator: a tick lasts numerator / denominator seconds.
  ///   - denominator: see `numerator`.
  /// - Returns: the timestamp, clamped to 126 years from zero.
  package mutating func time(
    of ticks: Int64, bits: Int, numerator: Int64, denominator: Int64
  ) -> SourceTime {
    func scaled(_ ticks: Int128) -> SourceTime {
      let exact = floorDivide(
        ticks * Int128(numerator) * 1_000_000_000, Int128(max(1, denominator)))
      return SourceTime(nanoseconds: Int64(min(max(exact, -Self.limit), Self.limit)))
    }
    guard bits > 0, bits < 63, let last else {
      let value = scaled(Int128(ticks))
      last = value
      return value
    }
    let round = Int64(1) << Int64(bits)
    let lastTicks = Int64(
      clamping: floorDivide(
        Int128(last.nanoseconds) * Int128(denominator), Int128(max(1, numerator)) * 1_000_000_000))
    // bounded: the remainder by the round corrects a wrap
    var difference = (ticks &- lastTicks) % round
    if difference >= round / 2 { difference -= round }
    if difference < -round / 2 { difference += round }
    let value = scaled(Int128(lastTicks) + Int128(difference))
    self.last = value
    return value
  }
}
