// SPDX-License-Identifier: Apache-2.0

internal import Checked
package import Time

/// Frames per second as a fraction, such as 30/1 or 30000/1001.
package struct FrameRate: Sendable, Hashable, CustomStringConvertible, TextCodable {
  /// Frames in `denominator` seconds; at least 1.
  package let numerator: Int64
  /// The seconds for `numerator` frames; at least 1.
  package let denominator: Int64

  /// 30 frames per second.
  package static let thirty = FrameRate(wholeFrames: 30)

  private init(wholeFrames: Int64) {
    numerator = wholeFrames
    denominator = 1
  }

  /// A rate in lowest terms; nil if a number is below 1 or the rate is above 1,000 frames per
  /// second.
  package init?(_ numerator: Int64, _ denominator: Int64 = 1) {
    guard numerator >= 1, denominator >= 1, numerator <= 1_000_000, denominator <= 1_000_000,
      numerator <= 1_000 * denominator  // bounded: both numbers are at most 1,000,000
    else { return nil }
    var (a, b) = (numerator, denominator)
    // bounded: the loop and the guard exclude 0
    while b != 0 { (a, b) = (b, a % b) }
    // bounded: the greatest common divisor is at least 1
    self.numerator = numerator / a
    self.denominator = denominator / a
  }

  /// Parses `30`, `30000/1001` or a customary decimal form (`29.97`, `23.976`, `12.5`).
  package init?(_ text: String) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    if halves.count == 2 {
      guard let numerator = Decimal.whole(halves[0]), let denominator = Decimal.whole(halves[1])
      else { return nil }
      self.init(numerator, denominator)
      return
    }
    let ntsc: [String: Int64] = ["23.976": 24000, "23.98": 24000, "29.97": 30000, "59.94": 60000]
    if let numerator = ntsc[text] {
      self.init(numerator, 1001)
      return
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first, let units = Decimal.whole(whole), parts.count <= 2 else {
      return nil
    }
    guard parts.count == 2 else {
      self.init(units)
      return
    }
    guard parts[1].count <= 3, let fraction = Decimal.whole(parts[1]), units <= 1_000 else {
      return nil
    }
    let scale: Int64 = parts[1].count == 1 ? 10 : parts[1].count == 2 ? 100 : 1000
    self.init(units * scale + fraction, scale)  // bounded: both numbers are at most 1,000,000
  }

  /// The timescale, in which a frame is a whole number of ticks: 90000 if possible, else the
  /// numerator.
  package var timescale: Int32 {
    // bounded: both numbers are at most 1,000,000
    90_000 * denominator % numerator == 0 ? 90_000 : Int32(numerator)
  }

  /// The duration of one frame in ticks of `timescale`.
  package var ticksPerFrame: Int64 {
    Int64(timescale) * denominator / numerator  // bounded: both numbers are at most 1,000,000
  }

  /// The duration of one frame, rounded down; for deadlines, not for sums.
  // bounded: a numerator is at least 1
  package var frameDuration: Interval { .seconds(denominator) / numerator }

  /// The duration of `ticks` of `timescale`, rounded down.
  package func duration(ofTicks ticks: Int64) -> Interval {
    Interval(ticks: ticks, timescale: Int64(timescale))
  }

  /// The number of frames in `interval`, to the nearest; the later of two.
  package func nearestCount(_ interval: Interval) -> Int64 {
    let unit = Int128(denominator) * 1_000_000_000
    let scaled = 2 * Int128(interval.nanoseconds) * Int128(numerator)
    return Int64(clamping: floorDivide(scaled + unit, 2 * unit))  // bounded: 128-bit
  }

  /// `30` or `30000/1001`.
  package var description: String {
    denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
  }

  /// The ``description``.
  package var codedText: String { description }

  /// The rate as HLS prints it in FRAME-RATE: three decimal digits.
  package var decimal: String {
    // bounded: both numbers are at most 1,000,000
    let thousandths = (numerator * 1000 + denominator / 2) / denominator
    return Decimal.string(thousandths, digits: 3)
  }
}
