// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Finds out whether a live source can still be passed through: a pure state machine.
///
/// A source is analysed when its stream starts. Later it may be replaced by another one: an encoder
/// with other settings, or a backup input. A reordered group of pictures, and one of another rate,
/// counts at once after the source was away, else if two follow one another; a leading picture
/// counts at once. The median of the steps tells the rate: lost frames and jitter do not change it.
/// A group that has too few of them is judged with the first frames of the next one.
package struct SourceFitness: Sendable {
  /// Why the source must be encoded.
  package enum Fault: Sendable, Equatable {
    /// Decoding order and presentation order differ.
    case reordered
    /// No IDR arrived for longer than the longest permitted group.
    case longGroup
    /// The frames are not on the grid.
    case irregularRate
  }

  /// Falls of timestamps that make a group reordered: one may be a wrong timestamp.
  private static let minimumReordered = 2
  /// The most access units between two falls of one group: a frame refers to at most 16 others.
  private static let maximumReferences = 17
  /// The least share of the time of a group, in percent, by which it differs from the grid.
  private static let minimumDrift: Int64 = 2
  /// The least steps whose median tells the rate.
  private static let minimumSteps = 25

  private let frame: Interval
  private let maximumGroupTime: Interval
  /// The largest fall of a timestamp that counts as reordering; after a larger one the timestamps
  /// start over.
  private let maximumReordering: Interval
  /// The longest distance of two access units that counts as time of a group.
  private let maximumHole: Interval
  /// The largest timestamp; nil before the first access unit.
  private var highest: SourceTime?
  /// The timestamp of the last access unit.
  private var newest: SourceTime?
  /// Whether an IDR has arrived since the source was away.
  private var hasKey = false
  /// Whether the group is the first one since the source was away.
  private var isFirstGroup = true
  /// Whether the source was away since the analysis, so another one may have followed.
  private var hasReturned = false
  /// Whether the group before was reordered.
  private var wasReordered = false
  /// Whether a group has ended whose rate was not judged.
  private var hasUnjudgedGroup = false
  /// Whether no rate was judged since the source was away.
  private var isFirstRate = true
  /// Whether the rate that was judged last was another one.
  private var wasOffRate = false
  /// The time since the last IDR, or since the source returned.
  private var elapsed = Interval.zero
  /// The steps between the timestamps since the rate was judged last.
  private var steps: [Interval] = []
  /// Falls of timestamps in the group, and the access units since the last one.
  private var reordered = 0
  private var sinceFall = 0

  /// The fitness of a source of frames at `rate`, with an IDR at least every `maximumGroupTime`.
  package init(rate: FrameRate, maximumGroupTime: Interval) {
    frame = rate.frameDuration
    maximumReordering = max(.seconds(1), frame * 3)  // bounded: intervals saturate
    maximumHole = max(.milliseconds(500), frame / 2 * 5)  // bounded: intervals saturate
    self.maximumGroupTime = maximumGroupTime
  }

  /// Notes that the source was away or has other parameter sets.
  package mutating func breakOff() {
    (highest, newest, steps) = (nil, nil, [])
    (hasKey, isFirstGroup, wasReordered) = (false, true, false)
    (hasReturned, hasUnjudgedGroup, isFirstRate, wasOffRate) = (true, false, true, false)
    beginGroup()
  }

  /// Notes the next access unit in decoding order.
  ///
  /// - Parameters:
  ///   - pts: its timestamp.
  ///   - isKey: whether it is a key frame.
  ///   - isLeading: whether it is a leading picture of HEVC.
  ///   - isPlaced: whether its timestamp is that of its place in decoding order: jitter may make it
  ///     fall, and is no reordering.
  /// - Returns: why the source must be encoded; nil if it can be passed through up to now.
  package mutating func take(
    pts: SourceTime, isKey: Bool, isLeading: Bool = false, isPlaced: Bool = false
  ) -> Fault? {
    if isLeading { return .reordered }
    if let highest, pts > highest, pts - highest <= maximumHole { elapsed += pts - highest }
    if let newest { move(pts - newest, isPlaced) }
    newest = pts
    highest = highest.map { pts > $0 || $0 - pts > maximumReordering ? pts : $0 } ?? pts
    if hasKey, reordered >= Self.minimumReordered, isFirstGroup || wasReordered {
      return .reordered
    }
    if isKey { endGroup() } else if elapsed > maximumGroupTime { return .longGroup }
    return hasOtherRate() ? .irregularRate : nil
  }

  private mutating func endGroup() {
    if hasKey {
      (isFirstGroup, wasReordered) = (false, reordered >= Self.minimumReordered)
      hasUnjudgedGroup = true
    } else {
      steps = []
    }
    hasKey = true
    beginGroup()
  }

  private mutating func beginGroup() { (elapsed, reordered, sinceFall) = (.zero, 0, 0) }

  /// Judges the rate after a whole group and enough steps; whether the source must be encoded.
  private mutating func hasOtherRate() -> Bool {
    guard hasUnjudgedGroup, steps.count >= Self.minimumSteps else { return false }
    let isOff = !wasReordered && isOffRate
    let isFault = isOff && (wasOffRate || isFirstRate && hasReturned)
    (hasUnjudgedGroup, isFirstRate, wasOffRate, steps) = (false, false, isOff, [])
    return isFault
  }

  private mutating func move(_ step: Interval, _ isPlaced: Bool) {
    sinceFall = min(sinceFall + 1, Self.maximumReferences + 1)  // bounded: limited
    if !isPlaced, step < .zero, -step <= maximumReordering {
      // bounded: a number of access units
      reordered = sinceFall > Self.maximumReferences ? 1 : reordered + 1
      sinceFall = 0
    }
    if step.magnitude <= maximumHole { steps.append(step) }
  }

  /// Whether both the median and the mean of the steps differ from whole frames, and the median by
  /// more than its error.
  private var isOffRate: Bool {
    let count = steps.count
    guard count >= Self.minimumSteps else { return false }
    let sorted = steps.sorted()
    // bounded: indices of at least 25 steps
    let (lower, median, upper) = (sorted[count / 4], sorted[count / 2], sorted[count * 3 / 4])
    let usual = frame * max(1, (median + frame / 2).count(of: frame))  // bounded: saturates
    let off = median - usual
    // The error of a median is about the distance of the quartiles divided by the root of the
    // number; four times that.
    // bounded: at least 25 steps, and intervals saturate
    let root = Int64(Double(count).squareRoot())
    let error = (upper - lower) / root * 4
    let sum = steps.reduce(.zero, +)
    let drift = sum - usual * Int64(count)  // bounded: intervals saturate
    // bounded: intervals saturate
    return off.magnitude * 100 > usual * Self.minimumDrift && off.magnitude > error
      && drift.magnitude > frame / 2 && drift.magnitude * 100 > sum.magnitude * Self.minimumDrift
  }
}
