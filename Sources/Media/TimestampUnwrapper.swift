// SPDX-License-Identifier: Apache-2.0

/// Makes time stamps that start again at 2^bits go on for ever.
///
/// Shared by the tracks of a source, so that all of them count the same round. A stamp is taken for the one nearest to
/// the last: MPEG-TS wraps at 33 bits after 26.5 hours, RTMP at 32 bits after 49.7 days.
package struct TimestampUnwrapper: Sendable {
  /// What lies further from zero is no time of anything: 126 years in nanoseconds.
  ///
  /// Two of these can be subtracted, and added to times of the clocks.
  private static let limit: Int128 = 4_000_000_000_000_000_000

  /// The last stamp in nanoseconds.
  private var last: Int64?

  /// An unwrapper that has seen nothing.
  package init() {}

  /// The stamp `ticks` of a clock of `bits` bits, in nanoseconds, in the round nearest to the last stamp.
  ///
  /// - Parameters:
  ///   - ticks: as the source wrote it.
  ///   - bits: how many bits it has; 63 and more never wrap.
  ///   - numerator: a tick lasts numerator / denominator seconds.
  ///   - denominator: see `numerator`.
  /// - Returns: nanoseconds, at most 126 years from zero whatever the source writes.
  package mutating func nanoseconds(
    _ ticks: Int64, bits: Int, numerator: Int64, denominator: Int64
  ) -> Int64 {
    func scaled(_ ticks: Int128) -> Int64 {
      let exact = floorDivide(
        ticks * Int128(numerator) * 1_000_000_000, Int128(max(1, denominator)))
      return Int64(min(max(exact, -Self.limit), Self.limit))
    }
    guard bits > 0, bits < 63, let last else {
      let value = scaled(Int128(ticks))
      last = value
      return value
    }
    let round = Int64(1) << Int64(bits)
    let lastTicks = Int64(
      clamping: floorDivide(
        Int128(last) * Int128(denominator), Int128(max(1, numerator)) * 1_000_000_000))
    var difference = (ticks &- lastTicks) % round
    if difference >= round / 2 { difference -= round }
    if difference < -round / 2 { difference += round }
    let value = scaled(Int128(lastTicks) + Int128(difference))
    self.last = value
    return value
  }
}
