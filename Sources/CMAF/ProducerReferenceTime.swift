// SPDX-License-Identifier: Apache-2.0

package import Time

/// The time of the producer for a media time: the box `prft`.
///
/// - Source: ISO/IEC 14496-12 §8.16.5
package struct ProducerReferenceTime: Sendable, Equatable {
  package let time: WallTime
  /// The media time, in ticks of the track's timescale.
  package let mediaTime: Int64
  /// Whether it may be the time of capture: flags 1, 2 and 4 are times after the encoder.
  package let isCapture: Bool

  /// Reads a `prft`.
  ///
  /// - Throws: ``BoxError`` if it is cut off.
  package init(_ box: BoxFields) throws(BoxError) {
    var fields = box
    let (version, flags) = try fields.versionAndFlags()
    try fields.skip(4)
    time = NTPTime.time(of: UInt64(bitPattern: try fields.wide()))
    mediaTime = version == 0 ? Int64(try fields.integer(4)) : try fields.wide()
    isCapture = flags & 7 == 0
  }
}

/// Timestamps of the Network Time Protocol: seconds since 1900 in the upper 32 bits, their fraction
/// in the lower 32 bits.
/// - Source: RFC 5905 §6
package enum NTPTime {
  private static let secondsFrom1900To1970: Int64 = 2_208_988_800

  /// The timestamp of an instant, rounded to the nearest unit of 2⁻³² s.
  package static func from(_ time: WallTime) -> UInt64 {
    var (seconds, rest) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 { (seconds, rest) = (seconds - 1, rest + 1_000_000_000) }
    let fraction = (UInt64(rest) << 32 + 500_000_000) / 1_000_000_000
    // bounded: a fraction rounded up to one carries into the seconds, which wrap by era
    return UInt64(bitPattern: seconds + secondsFrom1900To1970) << 32 &+ fraction
  }

  /// The instant of a timestamp, rounded to the nearest nanosecond.
  package static func time(of timestamp: UInt64) -> WallTime {
    // bounded: 32 times 30 bits
    let fraction = (timestamp & 0xFFFF_FFFF) * 1_000_000_000
    return .origin + .seconds(Int64(timestamp >> 32) - secondsFrom1900To1970)
      + .nanoseconds(Int64((fraction + 1 << 31) >> 32))
  }
}
