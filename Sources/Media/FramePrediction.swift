// SPDX-License-Identifier: Apache-2.0

package import Time

/// Counts the frames of a source of constant rate by its timestamps: a pure state machine.
///
/// The time of the next access unit in decoding order is predicted from the rate and from all
/// earlier ones. Its timestamp corrects the prediction by a small share of the difference, as in a
/// phase-locked loop, so jitter and steps of a mapping neither lose nor add a frame. A frame is
/// lost only if the arrival confirms it: the unit came no earlier than it would have come after the
/// lost frames. A timestamp far from the prediction is displaced: its unit follows the one before.
/// Several displaced timestamps at the distance of frames are a jump, and the prediction continues
/// from them.
package struct FramePrediction: Sendable {
  /// The place of an access unit.
  package enum Place: Sendable, Equatable {
    /// This many frames after the one before; at least 1.
    case frames(Int64)
    /// One frame after the one before, whatever its timestamp says.
    case displaced
    /// After a hole that is longer than ``maximumHole``.
    case gap
    /// After a pause that is longer than ``maximumHole``, with timestamps of another clock.
    case jump
  }

  /// The largest difference from the prediction that is jitter or a step of a mapping; at least
  /// half a frame.
  private static let maximumError = Interval.milliseconds(150)
  /// The share of a difference that corrects the prediction is one in this number.
  private static let smoothing: Int64 = 32
  /// Displaced timestamps at the distance of frames that are a jump.
  private static let jump = 3
  /// The longest time for which timestamps may be displaced without being a jump.
  private static let maximumDisplacement = Interval.seconds(1)

  private let rate: FrameRate
  private let frame: Interval
  private let maximumError: Interval
  /// The longest distance of two access units without a gap: half a second, or two and a half
  /// frames.
  package let maximumHole: Interval

  /// The smoothed timestamp of the newest access unit; nil before the first.
  package private(set) var timestamp: SourceTime?
  /// Frames of the present segment that may be lost, or counted though they were not lost, because
  /// arrivals did not confirm the timestamps.
  package var doubt: Int64 = 0
  /// Whether timestamps have jumped since the last ``begin(_:arrival:)``.
  package private(set) var hasJumped = false
  /// Whether the timestamps have been displaced for a second without being a jump.
  package private(set) var isLost = false

  /// The sum of the jumps of timestamps.
  private var jumps = Interval.zero

  /// The time by the frames that have arrived: the smoothed timestamp without the jumps.
  ///
  /// A sender whose timestamps count frames slower than its clock corrects them now and then, which
  /// keeps timestamps near their arrivals. This time falls behind. Nil before the first unit.
  package var counted: SourceTime? { timestamp.map { $0 - jumps } }

  /// The least difference of arrival and smoothed timestamp, which follows slowly if it grows.
  private var delay: Interval?
  private var lastArrival: MonotonicTime?
  /// The newest displaced timestamps: their number, the last one, and the predicted time of the
  /// first.
  private var displaced: (count: Int, last: SourceTime, since: SourceTime)?

  /// A prediction for a source at `rate`.
  package init(_ rate: FrameRate) {
    self.rate = rate
    frame = rate.frameDuration
    maximumError = max(Self.maximumError, frame / 2)
    maximumHole = max(.milliseconds(500), frame / 2 * 5)  // bounded: intervals saturate
  }

  /// Continues from an access unit, whatever was before.
  package mutating func begin(_ pts: SourceTime, arrival: MonotonicTime? = nil) {
    (timestamp, doubt, hasJumped, isLost, displaced) = (pts, 0, false, false, nil)
    delay = arrival.map { $0.offset(from: pts) }
    lastArrival = arrival
  }

  /// Places the next access unit in decoding order.
  ///
  /// - Parameters:
  ///   - pts: its timestamp, on a timeline of decoding.
  ///   - arrival: its arrival; nil if timestamps alone decide.
  /// - Returns: its place; the first one is one frame after its predecessor.
  package mutating func place(_ pts: SourceTime, arrival: MonotonicTime? = nil) -> Place {
    guard let last = timestamp else {
      begin(pts, arrival: arrival)
      return .frames(1)
    }
    defer { lastArrival = arrival }
    let error = pts - last - frame
    let lost = max(0, rate.nearestCount(error))
    let isConfirmed = isConfirmed(last + frame * (lost + 1), arrival)  // bounded: saturates
    if error + frame > maximumHole {
      if isConfirmed { return .gap }
      return displace(pts, last + frame, arrival)
    }
    if lost > 0, isConfirmed {
      follow(last + frame * (lost + 1), pts, arrival)  // bounded: intervals saturate
      return .frames(lost.addingSaturated(1))
    }
    guard error.magnitude <= maximumError else { return displace(pts, last + frame, arrival) }
    if error.magnitude > frame / 2 {
      doubt = doubt.addingSaturated(rate.nearestCount(error))
    }
    follow(last + frame, pts, arrival)
    return .frames(1)
  }

  /// Whether a unit with the predicted time `due` arrived no earlier than expected.
  private func isConfirmed(_ due: SourceTime, _ arrival: MonotonicTime?) -> Bool {
    guard let arrival, let delay else { return true }
    return arrival.offset(from: due) >= delay - frame / 2
  }

  /// Corrects the predicted time `due` by the timestamp of its unit.
  private mutating func follow(_ due: SourceTime, _ pts: SourceTime, _ arrival: MonotonicTime?) {
    displaced = nil
    move(to: due + (pts - due) / Self.smoothing, arrival)
  }

  private mutating func move(to time: SourceTime, _ arrival: MonotonicTime?) {
    timestamp = time
    guard let arrival else { return }
    let observed = arrival.offset(from: time)
    delay = delay.map { observed > $0 ? $0 + (observed - $0) / Self.smoothing : observed }
  }

  private mutating func displace(
    _ pts: SourceTime, _ due: SourceTime, _ arrival: MonotonicTime?
  ) -> Place {
    // A source that starts over after a pause has other timestamps too.
    if let arrival, let lastArrival, arrival - lastArrival > maximumHole { return .jump }
    let isRegular = displaced.map { (pts - $0.last - frame).magnitude <= frame / 2 } ?? false
    let count = isRegular ? (displaced?.count ?? 0) + 1 : 1
    displaced = (count, pts, displaced?.since ?? due)
    guard count >= Self.jump else {
      if let displaced, due - displaced.since >= Self.maximumDisplacement { isLost = true }
      move(to: due, arrival)
      return .displaced
    }
    displaced = nil
    hasJumped = true
    jumps += pts - due
    timestamp = pts
    delay = arrival.map { $0.offset(from: pts) }
    return .displaced
  }
}
