// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// Judges whether the key frames of a source begin its segments.
///
/// A source may move its key frames once, as when another reader asks for one: the next period
/// follows them, with the numbers of the clock. If it does so again within a minute, or if its
/// groups then have other lengths, it is irregular. So it is if its first group after an outage is
/// longer than a segment: another one may have followed. If access units were lost, a missing key
/// frame may be among them: it is if the next one is whole groups after the last, and does not
/// count. Otherwise three count.
struct KeyFrameRegularity: Sendable {
  /// Missing key frames within ``observationWindow`` after which the source counts as irregular,
  /// although they may be moved ones of segments that lost access units.
  private static let maxMisses = 3
  /// Moved key frames within ``observationWindow`` after which a source counts as irregular.
  private static let maxMoves = 2
  private static let observationWindow = Interval.seconds(60)

  private let segmentation: Segmentation
  /// Capture times at which a segment lately had to begin without an IDR that was not lost.
  private var missed: [WallTime] = []
  /// Those at which another access unit of a complete segment was in the place of the IDR.
  private var moved: [WallTime] = []
  /// The start of the newest segment, for the distance of the next IDR if the one between is
  /// missing.
  private var start: (time: SourceTime, captured: WallTime)?
  /// Whether the IDR after the newest segment is missing and may have been lost.
  private var isDoubtful = false
  /// The frames of a group of pictures; nil while groups are as long as segments.
  private var group: Int64?
  /// Whether a group of pictures that does not divide a segment has followed a moved key frame, or
  /// an outage: the next session can begin with the key frame after it.
  private var isUneven = false
  /// The frame index of the newest key frame.
  private var newestKey: Int64?
  /// Whether the source was away and no group has been complete since.
  private var isNew = false

  init(_ segmentation: Segmentation) { self.segmentation = segmentation }

  var isIrregular: Bool {
    isUneven || moved.count >= Self.maxMoves || missed.count >= Self.maxMisses
  }

  /// Notes that the source was away: what is missing is no key frame.
  mutating func breakOff() { (isDoubtful, isNew) = (false, true) }

  mutating func beginPeriod(_ frameIndex: Int64) { newestKey = frameIndex }

  mutating func beginSegment(_ time: SourceTime?, _ captured: WallTime) {
    start = time.map { ($0, captured) }
  }

  /// Notes that the key frame of the next segment is missing and may have been lost.
  mutating func noteDoubt() { isDoubtful = true }

  /// Notes that another access unit of a complete segment is in the place of a key frame.
  mutating func noteMissing(_ captured: WallTime, isMoved: Bool) {
    missed = Self.noted(missed, captured, most: Self.maxMisses)
    guard isMoved else { return }
    moved = Self.noted(moved, captured, most: Self.maxMoves)
    isUneven = isUneven || isNew
  }

  /// Notes a key frame, and whether the group before it is uneven.
  ///
  /// - Parameters:
  ///   - frameIndex: its frame index.
  ///   - captured: its capture time.
  ///   - isWhole: whether the group before it is complete, and no file has started over in it.
  mutating func note(_ frameIndex: Int64, _ captured: WallTime, isWhole: Bool) {
    defer { (newestKey, isNew) = (frameIndex, false) }
    guard !segmentation.hasVariableDuration, isWhole, let newestKey else { return }
    // bounded: the frame is after the key frame before
    let length = frameIndex - newestKey
    // bounded: a group of no frame is uneven before it divides
    let isEven = length > 0 && segmentation.framesPerSegment % length == 0
    if isEven { group = length }
    guard let moved = moved.last, captured - moved < Self.observationWindow else { return }
    isUneven = isUneven || !isEven
  }

  /// Counts the key frame before the one with this timestamp, if it is missing and was not lost.
  mutating func judge(_ pts: SourceTime, _ captured: WallTime, within maximumHole: Interval) {
    guard isDoubtful, let start else { return }
    isDoubtful = false
    let distance = pts - start.time
    // Another sender, or another clock.
    guard (captured - start.captured - distance).magnitude < maximumHole else { return }
    let group = group ?? segmentation.framesPerSegment
    // bounded: a group has at least one frame
    let rest = max(0, segmentation.grid.rate.nearestCount(distance)) % group
    // Jitter may round both to other frames.
    guard min(rest, group - rest) > 1 else { return }
    missed = Self.noted(missed, captured, most: Self.maxMisses)
  }

  /// The newest of such times, with one at `captured`.
  private static func noted(
    _ times: [WallTime], _ captured: WallTime, most: Int
  ) -> [WallTime] {
    times.suffix(most - 1).filter { captured - $0 < observationWindow } + [captured]
  }
}
