// SPDX-License-Identifier: Apache-2.0

package import Time

/// Whether a track of a source, such as its audio, is away while another one goes on: a pure state
/// machine.
///
/// Only the time in which the other one arrives counts: a source that pauses as a whole lacks no
/// track.
package struct TrackPresence: Sendable {
  /// A change that has a line in the log.
  package enum Change: Sendable, Equatable {
    /// The track has not arrived for ``TrackPresence/limit`` of the other one.
    case gone(hasBeenHeard: Bool, isRare: Bool)
    /// The track arrives again after this time.
    case returned(after: Interval, isRare: Bool)
  }

  /// The least time without the track.
  private static let least = Interval.seconds(3)
  /// The outages within ``rareWindow`` that are rare.
  ///
  /// Cameras with a voice switch send audio only while someone speaks.
  private static let rareCount = 3
  private static let rareWindow = Interval.seconds(600)

  /// The distances of both, by which sources with few packets have a longer limit.
  private var own = SilenceLimit()
  private var other = SilenceLimit()
  private var last: MonotonicTime?
  private var lastOther: MonotonicTime?
  /// The time of the other one since the track arrived.
  private var covered = Interval.zero
  /// The starts of the newest outages.
  private var outages: [MonotonicTime] = []
  private var isRare = true
  /// Whether the track is away.
  package private(set) var isGone = false

  /// A source of which nothing has arrived yet.
  package init() {}

  /// The time after which the track is away: 3 s, or three times that after which a source with
  /// such distances is silent.
  package var limit: Interval {
    max(Self.least, max(own.limit, other.limit) * 3)  // bounded: at most 10 s
  }

  /// Notes a unit of the other track; `isExpected`: whether the source announces this one.
  package mutating func otherArrived(at now: MonotonicTime, isExpected: Bool) -> Change? {
    let usual = other.limit
    other.heard(at: now)
    let step = lastOther.map { min(max(now - $0, .zero), usual) } ?? .zero
    lastOther = now
    guard !isGone, isExpected || last != nil else {
      covered = .zero
      return nil
    }
    covered += step
    guard covered >= limit else { return nil }
    isGone = true
    outages = outages.suffix(Self.rareCount) + [now]
    isRare = outages.count <= Self.rareCount || now - outages[0] > Self.rareWindow
    return .gone(hasBeenHeard: last != nil, isRare: isRare)
  }

  /// Notes a unit of the track.
  package mutating func arrived(at now: MonotonicTime) -> Change? {
    own.heard(at: now)
    defer { (last, covered, isGone) = (now, .zero, false) }
    guard isGone else { return nil }
    let since = last ?? outages.last ?? now
    return .returned(after: max(now - since, .zero), isRare: isRare)
  }
}
