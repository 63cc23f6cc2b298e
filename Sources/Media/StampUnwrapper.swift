/// Makes time stamps that start again at 2^bits go on for ever.
///
/// Shared by the tracks of a source, so that all of them count the same round. A stamp is taken for the one nearest to
/// the last: MPEG-TS wraps at 33 bits after 26.5 hours, RTMP at 32 bits after 49.7 days.
package struct StampUnwrapper: Sendable {
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
  /// - Returns: nanoseconds.
  package mutating func nanoseconds(
    _ ticks: Int64, bits: Int, numerator: Int64, denominator: Int64
  ) -> Int64 {
    func scaled(_ ticks: Int64) -> Int64 {
      Int64(
        clamping: floorDivide(
          Int128(ticks) * Int128(numerator) * 1_000_000_000, Int128(max(1, denominator))))
    }
    guard bits > 0, bits < 63, let last else {
      last = scaled(ticks)
      return scaled(ticks)
    }
    let round = Int64(1) << Int64(bits)
    let lastTicks = Int64(
      clamping: floorDivide(
        Int128(last) * Int128(denominator), Int128(max(1, numerator)) * 1_000_000_000))
    var difference = (ticks &- lastTicks) % round
    if difference >= round / 2 { difference -= round }
    if difference < -round / 2 { difference += round }
    let value = scaled(lastTicks + difference)
    self.last = value
    return value
  }
}
