// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// The frame rate of an input, derived from its timestamps.
package enum InputRate {
  /// The frame rates that a source is assumed to have.
  package static let standard: [FrameRate] = [
    (5, 1), (6, 1), (8, 1), (10, 1), (12, 1), (25, 2), (15, 1), (20, 1), (24000, 1001), (24, 1),
    (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1), (100, 1), (120, 1),
  ].compactMap { FrameRate($0.0, $0.1) }

  /// The standard rate nearest to the rate of the timestamps.
  ///
  /// - Parameters:
  ///   - timestamps: timestamps of frames, in any order; some may be missing.
  ///   - declared: the rate declared by container or codec; used unless the timestamps contradict
  ///     it.
  /// - Returns: nil for less than three timestamps without a declared rate.
  package static func nearest(
    timestamps: [SourceTime], declared: FrameRate?
  ) -> FrameRate? {
    guard let (period, error) = period(of: timestamps) else {
      return declared.map(standard(near:))
    }
    if let declared, standard.contains(declared) {
      let difference = abs(Double(declared.frameDuration.nanoseconds) / period - 1)
      if difference < max(0.005, 2 * error) { return declared }
    }
    let nearest = standard.min { distance($0, period) < distance($1, period) }
    // Jitter may hide the difference between 30 and 30000/1001.
    let possible = standard.filter { $0.denominator == 1 && distance($0, period) < 1 + error }
    return possible.min { distance($0, period) < distance($1, period) } ?? nearest
  }

  /// The mean interval between frames in nanoseconds, and its error as a share.
  ///
  /// Missing frames do not change the interval.
  static func period(of timestamps: [SourceTime]) -> (mean: Double, error: Double)? {
    let ordered = Set(timestamps).sorted()
    let steps = zip(ordered.dropFirst(), ordered).map { ($0 - $1).nanoseconds }
    guard steps.count >= 2 else { return nil }
    let sorted = steps.sorted()
    let usual = Double(sorted[steps.count / 2])
    guard usual > 0 else { return nil }
    var frames = 0.0
    var span = 0.0
    for step in steps {
      let count = (Double(step) / usual).rounded()
      // Equal timestamps and jumps of the clock carry no information on the rate.
      guard count >= 1, count <= 10 else { continue }
      frames += count
      span += Double(step)
    }
    guard frames > 0 else { return nil }
    // bounded: indices within the steps, and floating
    let spread = Double(sorted[steps.count * 3 / 4] - sorted[steps.count / 4])
    return (span / frames, spread / span)  // bounded: floating
  }

  private static func standard(near rate: FrameRate) -> FrameRate {
    let period = Double(rate.denominator) * 1e9 / Double(rate.numerator)
    return standard.min { distance($0, period) < distance($1, period) } ?? rate
  }

  /// The distance of two periods, as a ratio.
  private static func distance(_ rate: FrameRate, _ period: Double) -> Double {
    let own = Double(rate.denominator) * 1e9 / Double(rate.numerator)
    // bounded: floating
    return max(own / period, period / own)
  }
}
