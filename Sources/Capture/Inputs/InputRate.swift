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
  ///   - named: a standard rate that metadata name, often wrongly; decides between a rate and its
  ///     1000/1001 if the timestamps permit both.
  /// - Returns: nil for less than three timestamps without a declared rate.
  package static func nearest(
    timestamps: [SourceTime], declared: FrameRate?, named: FrameRate? = nil
  ) -> FrameRate? {
    guard let (period, error, ambiguity) = period(of: timestamps) else {
      return declared.map(standard(near:))
    }
    let measured = nearest(period, error, ambiguity, declared)
    guard let named, let measured, distance(named, measured) < 1 + differenceOfNTSC,
      distance(named, period) < 1 + error + ambiguity
    else { return measured }
    return named
  }

  /// The standard rate near a mean interval between frames; see ``period(of:)``.
  private static func nearest(
    _ period: Double, _ error: Double, _ ambiguity: Double, _ declared: FrameRate?
  ) -> FrameRate? {
    if let declared, standard.contains(declared) {
      let difference = abs(Double(declared.frameDuration.nanoseconds) / period - 1)
      if difference < max(0.005, 2 * error) { return declared }
    }
    let nearest = standard.min { distance($0, period) < distance($1, period) }
    guard let nearest, nearest.denominator == 1001 else { return nearest }
    // Jitter may hide the difference between 30 and 30000/1001.
    let possible = standard.filter {
      $0.denominator == 1 && distance($0, period) < 1 + error + ambiguity
    }
    return possible.min { distance($0, period) < distance($1, period) } ?? nearest
  }

  /// The share of an interval between frames from which the usual spread of the steps is that of
  /// jitter of more than a quarter of a frame.
  private static let largeSpread = 0.3
  /// The most intervals that jitter of half a frame spreads timestamps, and one wrong count.
  private static let (mostSpread, mostMiscounted) = (1.15, 1.5)
  /// The most that jitter spreads timestamps, by the usual spread of their steps: lost frames do so
  /// further.
  private static let spreadOfSteps = 2.7

  /// The mean interval between frames in nanoseconds, its error as a share, and the share by which
  /// jitter may have changed the count of frames.
  ///
  /// Missing frames do not change the interval, and neither does jitter of up to half of it: a step
  /// of a frame and a half is one frame or two, so frames are counted by a position that follows
  /// the timestamps. With much jitter the position may lose or gain a frame: if each timestamp is
  /// within half an interval of one frame after the other, no frame is missing.
  static func period(
    of timestamps: [SourceTime]
  ) -> (mean: Double, error: Double, ambiguity: Double)? {
    let ordered = Set(timestamps).sorted()
    guard let first = ordered.first, ordered.count > 2 else { return nil }
    let times = ordered.map { Double(($0 - first).nanoseconds) }
    let steps = zip(times.dropFirst(), times).map { $0 - $1 }
    let sorted = steps.sorted()
    // Over some frames jitter has a smaller share: the median of these steps is near the interval.
    let frames = max(1, min(8, steps.count / 5))
    let means = zip(times.dropFirst(frames), times).map { ($0 - $1) / Double(frames) }.sorted()
    let usual = means[means.count / 2]
    guard usual > 0, let slope = slope(of: runs(times, usual: usual)) else { return nil }
    // bounded: indices within the steps, and floating
    let spread = sorted[steps.count * 3 / 4] - sorted[steps.count / 4]
    let error = spread / slope.span  // bounded: floating
    guard spread > largeSpread * slope.mean else { return (slope.mean, error, 0) }
    let all = times.enumerated().map { (number: Double($0), time: $1) }
    let whole = Self.slope(of: [all]).flatMap { one in
      isWhole(all, one.mean, spread) ? one.mean : nil
    }
    return (whole ?? slope.mean, error, mostMiscounted / Double(times.count))  // bounded: floating
  }

  /// Whether timestamps are those of one frame after the other, with jitter of up to half a frame.
  private static func isWhole(_ frames: [Counted], _ mean: Double, _ spread: Double) -> Bool {
    let rests = frames.map { $0.time - $0.number * mean }  // bounded: floating
    guard let least = rests.min(), let most = rests.max() else { return false }
    // bounded: floating
    return most - least <= min(mostSpread * mean, spreadOfSteps * spread)
  }

  /// A frame's number and its timestamp.
  private typealias Counted = (number: Double, time: Double)

  /// The shares of a deviation by which position and interval follow the timestamps.
  private static let following = (position: 0.1, interval: 0.005)

  /// The frames of ascending timestamps between jumps of the clock, with their numbers.
  private static func runs(_ times: [Double], usual: Double) -> [[Counted]] {
    var runs: [[Counted]] = []
    var interval = usual
    var position = 0.0
    for (index, time) in times.enumerated() {
      // bounded: floating
      guard let last = runs.last?.last, time - last.time <= 10.5 * usual else {
        runs.append([(0, time)])
        // The mean of some frames is nearer to the grid than the first one.
        // bounded: floating
        let start = times[index...].prefix(8).prefix { $0 - time <= 80 * usual }
        let shifts = start.enumerated().map { $1 - Double($0) * usual }  // bounded: floating
        position = shifts.reduce(0, +) / Double(shifts.count)  // bounded: floating
        continue
      }
      let count = max(0, ((time - position) / interval).rounded())  // bounded: floating
      let deviation = time - position - count * interval  // bounded: floating
      position += count * interval + following.position * deviation  // bounded: floating
      interval += following.interval * deviation  // bounded: floating
      runs[runs.count - 1].append((last.number + count, time))
    }
    return runs
  }

  /// The slope of the timestamps by frame number (least squares), and how long the frames last.
  private static func slope(of runs: [[Counted]]) -> (mean: Double, span: Double)? {
    var (covariance, variance, span) = (0.0, 0.0, 0.0)
    for run in runs {
      let count = Double(run.count)
      let number = run.map(\.number).reduce(0, +) / count  // bounded: floating
      let time = run.map(\.time).reduce(0, +) / count  // bounded: floating
      for frame in run {
        let difference = frame.number - number
        covariance += difference * (frame.time - time)  // bounded: floating
        variance += difference * difference  // bounded: floating
      }
      if let first = run.first, let last = run.last { span += last.time - first.time }
    }
    guard variance > 0, covariance > 0, span > 0 else { return nil }
    return (covariance / variance, span)  // bounded: floating
  }

  /// The standard rate that a number of frames in 1,000 seconds names, such as 29,970 or 23,980;
  /// nil for another one.
  static func named(_ millihertz: Int?) -> FrameRate? {
    guard let millihertz, millihertz > 0 else { return nil }
    let period = 1e12 / Double(millihertz)  // bounded: floating
    return standard.min { distance($0, period) < distance($1, period) }
      .flatMap { distance($0, period) < 1 + roundingOfNames ? $0 : nil }
  }

  /// Half of the share between a rate and its 1000/1001.
  private static let roundingOfNames = 0.0005
  /// More than the share between a rate and its 1000/1001, less than that of other rates.
  private static let differenceOfNTSC = 0.0015

  private static func standard(near rate: FrameRate) -> FrameRate {
    let period = Double(rate.denominator) * 1e9 / Double(rate.numerator)
    return standard.min { distance($0, period) < distance($1, period) } ?? rate
  }

  private static func distance(_ rate: FrameRate, _ other: FrameRate) -> Double {
    distance(rate, Double(other.denominator) * 1e9 / Double(other.numerator))
  }

  /// The distance of two periods, as a ratio.
  private static func distance(_ rate: FrameRate, _ period: Double) -> Double {
    let own = Double(rate.denominator) * 1e9 / Double(rate.numerator)
    // bounded: floating
    return max(own / period, period / own)
  }
}
