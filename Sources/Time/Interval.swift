// SPDX-License-Identifier: Apache-2.0

/// A length of time with a resolution of one nanosecond, from −292 to +292 years; may be negative.
///
/// Arithmetic saturates: a result beyond the range is the nearest end of the range. Time values
/// come from networks and files, so an overflow must neither end the process nor wrap around.
@frozen
public struct Interval: Sendable, Hashable, Codable {
  /// The length in nanoseconds.
  public let nanoseconds: Int64

  /// An interval of `nanoseconds`.
  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The length of `ticks` of which `timescale` last a second, rounded down, saturated.
  ///
  /// Zero if `timescale` is 0.
  @inlinable
  public init(ticks: Int64, timescale: Int64) {
    let (quotient, rest) =
      timescale == 0
      ? (0, 0) : (Int128(ticks) * 1_000_000_000).quotientAndRemainder(dividingBy: Int128(timescale))
    nanoseconds = Int64(clamping: quotient - (rest != 0 && (rest < 0) != (timescale < 0) ? 1 : 0))
  }

  /// No time.
  public static var zero: Interval { @inlinable get { Interval(nanoseconds: 0) } }
  /// The longest interval.
  public static var max: Interval { @inlinable get { Interval(nanoseconds: .max) } }
  /// The most negative interval.
  public static var min: Interval { @inlinable get { Interval(nanoseconds: .min) } }

  /// An interval of `count` nanoseconds.
  @inlinable
  public static func nanoseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count) }
  /// An interval of `count` microseconds.
  @inlinable
  // bounded: the product of intervals saturates
  public static func microseconds(_ count: Int64) -> Interval { nanoseconds(1_000) * count }
  /// An interval of `count` milliseconds.
  @inlinable
  // bounded: the product of intervals saturates
  public static func milliseconds(_ count: Int64) -> Interval { nanoseconds(1_000_000) * count }
  /// An interval of `count` seconds.
  @inlinable
  // bounded: the product of intervals saturates
  public static func seconds(_ count: Int64) -> Interval { nanoseconds(1_000_000_000) * count }

  /// Whole microseconds, rounded toward zero.
  public var microseconds: Int64 { @inlinable get { nanoseconds / 1_000 } }
  /// Whole milliseconds, rounded toward zero.
  public var milliseconds: Int64 { @inlinable get { nanoseconds / 1_000_000 } }
  /// Whole seconds, rounded toward zero.
  public var wholeSeconds: Int64 { @inlinable get { nanoseconds / 1_000_000_000 } }
  /// Whole seconds, rounded away from zero, as a time to wait that must not be too short.
  public var secondsRoundedUp: Int64 {
    @inlinable get {
      let rest = nanoseconds % 1_000_000_000
      // bounded: the quotient is at most 10 digits
      return wholeSeconds + (rest == 0 ? 0 : rest.signum())
    }
  }
  /// Seconds for printing and for `Double` interfaces; not for further arithmetic.
  public var seconds: Double { @inlinable get { Double(nanoseconds) / 1e9 } }
  /// The length without its sign.
  public var magnitude: Interval { @inlinable get { nanoseconds < 0 ? -self : self } }

  /// The sum, saturated.
  @inlinable
  public static func + (left: Interval, right: Interval) -> Interval {
    Interval(nanoseconds: left.nanoseconds.addingSaturated(right.nanoseconds))
  }

  /// The difference, saturated.
  @inlinable
  public static func - (left: Interval, right: Interval) -> Interval {
    Interval(nanoseconds: left.nanoseconds.subtractingSaturated(right.nanoseconds))
  }

  /// The same length with the other sign, saturated.
  @inlinable
  public static prefix func - (interval: Interval) -> Interval { zero - interval }

  /// The product, saturated.
  @inlinable
  // bounded: an operator
  public static func * (interval: Interval, factor: Int64) -> Interval {
    Interval(nanoseconds: interval.nanoseconds.multipliedSaturated(by: factor))
  }

  /// The product, saturated.
  @inlinable
  // bounded: an operator
  public static func * (factor: Int64, interval: Interval) -> Interval { interval * factor }

  /// The quotient, rounded toward zero; zero if `divisor` is 0.
  @inlinable
  public static func / (interval: Interval, divisor: Int64) -> Interval {
    if divisor == 0 { return zero }
    if divisor == -1 { return -interval }
    // bounded: 0 and -1 are excluded above
    return Interval(nanoseconds: interval.nanoseconds / divisor)
  }

  /// How often `part` fits into this time, rounded toward zero; 0 if `part` is zero.
  @inlinable
  // bounded: an operator
  public func count(of part: Interval) -> Int64 { (self / part.nanoseconds).nanoseconds }

  /// The rate per second of `count` events in this time, rounded toward zero, saturated.
  ///
  /// 0 if there is no time.
  @inlinable
  public func rate(of count: Int64) -> Int64 {
    if nanoseconds == 0 { return 0 }
    return Int64(clamping: Int128(count) * 1_000_000_000 / Int128(nanoseconds))
  }

  /// Adds `right`, saturated.
  @inlinable
  public static func += (left: inout Interval, right: Interval) { left = left + right }
  /// Subtracts `right`, saturated.
  @inlinable
  public static func -= (left: inout Interval, right: Interval) { left = left - right }
}

extension Interval: Comparable {
  /// Whether `left` is shorter, or more negative, than `right`.
  @inlinable
  public static func < (left: Interval, right: Interval) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}
