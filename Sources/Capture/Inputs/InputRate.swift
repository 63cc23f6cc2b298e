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
    guard let period = period(of: timestamps) else { return declared.map(standard(near:)) }
    if let declared, standard.contains(declared) {
      let difference = abs(Double(declared.frameDuration.nanoseconds) / period - 1)
      if difference < 0.005 { return declared }
    }
    return standard.min { distance($0, period) < distance($1, period) }
  }

  /// The mean interval between frames in nanoseconds; missing frames do not change it.
  static func period(of timestamps: [SourceTime]) -> Double? {
    let sorted = Set(timestamps).sorted()
    let steps = zip(sorted.dropFirst(), sorted).map { ($0 - $1).nanoseconds }
    guard steps.count >= 2 else { return nil }
    let usual = Double(steps.sorted()[steps.count / 2])
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
    // bounded: floating
    return frames > 0 ? span / frames : nil
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
