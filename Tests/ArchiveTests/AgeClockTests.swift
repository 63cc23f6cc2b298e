// SPDX-License-Identifier: Apache-2.0

import Testing
import Time

@testable import Archive

@Suite("The clock by which hours are too old")
struct AgeClockTests {
  private static let start = WallTime.origin + .seconds(1_795_406_400)
  private static let week = Interval.seconds(7 * 86_400)

  private static func time(_ seconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: 1_000_000_000 * seconds)
  }

  @Test("a step forwards counts when it has lasted for an hour, and one that ends never does")
  func forwards() {
    var clock = AgeClock()
    #expect(clock.time(Self.start, at: Self.time(0)) == Self.start)
    for second in [Int64(5), 10, 3600] {
      let stepped = Self.start + Self.week + .seconds(second)
      #expect(clock.time(stepped, at: Self.time(second)) == Self.start + .seconds(second))
    }
    // It is set right, and is stepped again: another hour.
    let right = Self.start + .seconds(3605)
    #expect(clock.time(right, at: Self.time(3605)) == right)
    for second in [Int64(3610), 7209] {
      let stepped = Self.start + Self.week + .seconds(second)
      #expect(clock.time(stepped, at: Self.time(second)) == Self.start + .seconds(second))
    }
    let lasting = Self.start + Self.week + .seconds(7210)
    #expect(clock.time(lasting, at: Self.time(7210)) == lasting)
  }

  @Test("a further step begins another hour; drift and a step backwards count at once")
  func others() {
    var clock = AgeClock()
    _ = clock.time(Self.start, at: Self.time(0))
    _ = clock.time(Self.start + Self.week, at: Self.time(1))
    let further = Self.start + Self.week + Self.week
    #expect(clock.time(further + .seconds(3601), at: Self.time(3601)) < Self.start + Self.week)
    #expect(clock.time(further + .seconds(7201), at: Self.time(7201)) > further)
    let earlier = Self.start - Self.week
    #expect(clock.time(earlier, at: Self.time(7202)) == earlier)
    let drifted = earlier + .seconds(31)
    #expect(clock.time(drifted, at: Self.time(7203)) == drifted)
  }

  @Test("at the start a clock that is far after the newest media does not count for an hour")
  func found() {
    let week = Self.start + Self.week
    var clock = AgeClock()
    clock.found(newest: Self.start - Self.week, wall: week, at: Self.time(0))
    clock.found(newest: Self.start, wall: week, at: Self.time(0))
    #expect(clock.time(week + .seconds(5), at: Self.time(5)) == Self.start + .seconds(5))
    #expect(clock.time(week + .seconds(3605), at: Self.time(3605)) > week)
    var right = AgeClock()
    right.found(newest: Self.start - Self.week, wall: Self.start, at: Self.time(0))
    right.found(newest: Self.start - .seconds(9), wall: Self.start, at: Self.time(0))
    #expect(right.time(Self.start, at: Self.time(0)) == Self.start)
  }
}
