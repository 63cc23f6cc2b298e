// SPDX-License-Identifier: Apache-2.0

package import Media
package import Time

/// Finds out whether a live source can still be passed through: a pure state machine.
///
/// A source is analysed when its stream starts. Later it may be replaced by another one: an encoder
/// with other settings, or a backup input. A reordered group of pictures counts at once after the
/// source was away, else if two follow one another; a leading picture counts at once; a rate counts
/// after two groups.
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

  /// The largest fall of a timestamp that counts as reordering; after a larger one the timestamps
  /// start over.
  private static let maximumReordering = Interval.seconds(1)
  /// The longest distance of two access units that counts as time of a group.
  private static let maximumHole = Interval.milliseconds(500)
  /// Reordered access units that make a group reordered: one may be a wrong timestamp.
  private static let minimumReordered = 2
  /// The least share of the time of a group, in percent, by which it differs from the grid.
  private static let minimumDrift: Int64 = 2

  private let frame: Interval
  private let maximumGroupTime: Interval
  /// The largest timestamp; nil before the first access unit.
  private var highest: SourceTime?
  /// Whether an IDR has arrived since the source was away.
  private var hasKey = false
  /// Whether the group is the first one since the source was away.
  private var isFirstGroup = true
  /// The fault of the group before.
  private var former: Fault?
  /// The time since the last IDR, or since the source returned.
  private var elapsed = Interval.zero
  /// ``elapsed`` minus the time of as many frames on the grid.
  private var drift = Interval.zero
  private var reordered = 0

  /// The fitness of a source of frames at `rate`, with an IDR at least every `maximumGroupTime`.
  package init(rate: FrameRate, maximumGroupTime: Interval) {
    frame = rate.frameDuration
    self.maximumGroupTime = maximumGroupTime
  }

  /// Notes that the source was away or has other parameter sets.
  package mutating func breakOff() {
    highest = nil
    (hasKey, isFirstGroup, former) = (false, true, nil)
    beginGroup()
  }

  /// Notes the next access unit in decoding order.
  ///
  /// - Parameters:
  ///   - pts: its timestamp.
  ///   - isKey: whether it is a key frame.
  ///   - isLeading: whether it is a leading picture of HEVC.
  /// - Returns: why the source must be encoded; nil if it can be passed through up to now.
  package mutating func take(
    pts: SourceTime, isKey: Bool, isLeading: Bool = false
  ) -> Fault? {
    if isLeading { return .reordered }
    if let highest { move(pts - highest) }
    highest = highest.map { pts > $0 || $0 - pts > Self.maximumReordering ? pts : $0 } ?? pts
    if hasKey, reordered >= Self.minimumReordered, isFirstGroup || former == .reordered {
      return .reordered
    }
    guard isKey else { return elapsed > maximumGroupTime ? .longGroup : nil }
    let fault = hasKey ? faultOfGroup : nil
    if fault == .irregularRate, former == fault { return fault }
    if hasKey { (isFirstGroup, former) = (false, fault) }
    hasKey = true
    beginGroup()
    return nil
  }

  private mutating func beginGroup() { (elapsed, drift, reordered) = (.zero, .zero, 0) }

  private mutating func move(_ step: Interval) {
    if step <= .zero {
      // bounded: a number of access units
      if -step <= Self.maximumReordering { reordered += 1 }
    } else if step <= Self.maximumHole {
      let count = max(1, (step + frame / 2).count(of: frame))
      elapsed += step
      drift += step - frame * count  // bounded: intervals saturate
    }
  }

  private var faultOfGroup: Fault? {
    if reordered >= Self.minimumReordered { return .reordered }
    // bounded: intervals saturate
    let isOff = drift.magnitude > frame / 2 && drift.magnitude * 100 > elapsed * Self.minimumDrift
    return isOff ? .irregularRate : nil
  }
}
