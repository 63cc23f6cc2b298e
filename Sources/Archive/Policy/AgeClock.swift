// SPDX-License-Identifier: Apache-2.0

package import Time

/// The clock by which the ages of hours are counted: a pure machine.
///
/// A wall clock that is stepped forwards would make all hours too old at once, and they would be
/// gone before it is set right. So a step forwards counts only when it has lasted for an hour;
/// until then the clock continues as before it. A step backwards counts at once: it removes less.
package struct AgeClock: Sendable {
  /// How long a step forwards must last.
  package static let settling = Interval.seconds(3600)
  /// A forward movement between two readings that is no step.
  package static let tolerance = Interval.seconds(60)

  /// The wall clock minus the monotonic one that counts; nil before the first reading.
  private var offset: Interval?
  /// The offset after a step forwards, and the time of its first reading.
  private var ahead: (offset: Interval, since: MonotonicTime)?

  /// The archive has media until `newest` from before the start of the program.
  ///
  /// A wall clock that is more than an hour later may be wrong: it counts when it has lasted.
  package mutating func found(newest: WallTime, wall: WallTime, at now: MonotonicTime) {
    let (current, known) = (Self.offset(wall, now), Self.offset(newest, now))
    let found = current - known > Self.settling ? known : current
    offset = max(offset ?? found, found)
  }

  /// The time by which ages are counted.
  package mutating func time(_ wall: WallTime, at now: MonotonicTime) -> WallTime {
    let current = Self.offset(wall, now)
    guard let offset, current - offset > Self.tolerance else { return accept(current, wall) }
    if let ahead, (current - ahead.offset).magnitude <= Self.tolerance {
      if now - ahead.since >= Self.settling { return accept(current, wall) }
    } else {
      ahead = (current, now)
    }
    return WallTime(nanoseconds: now.nanoseconds) + offset
  }

  private mutating func accept(_ current: Interval, _ wall: WallTime) -> WallTime {
    offset = current
    ahead = nil
    return wall
  }

  private static func offset(_ wall: WallTime, _ now: MonotonicTime) -> Interval {
    Interval(nanoseconds: wall.nanoseconds) - Interval(nanoseconds: now.nanoseconds)
  }
}
