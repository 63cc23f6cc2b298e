// SPDX-License-Identifier: Apache-2.0

import Testing
import Time

@Suite("Time values saturate instead of overflowing")
struct SaturationTests {
  @Test("sums and differences beyond the range are the nearest value of the range")
  func sums() {
    #expect(Interval.max + .nanoseconds(1) == .max)
    #expect(Interval.min - .nanoseconds(1) == .min)
    #expect(-Interval.min == .max)
    #expect(Interval.min.magnitude == .max)
    #expect(MonotonicTime.distantFuture + .seconds(1) == .distantFuture)
    #expect(WallTime.distantPast - .seconds(1) == .distantPast)
    #expect(WallTime.distantFuture - WallTime.distantPast == .max)
    #expect(WallTime.distantPast - WallTime.distantFuture == .min)
  }

  @Test("products beyond the range have the sign of the exact product")
  func products() {
    #expect(Interval.seconds(.max) == .max)
    #expect(Interval.seconds(.min) == .min)
    #expect(Interval.min * -1 == .max)
    #expect(Interval.max * -2 == .min)
    #expect(Interval.milliseconds(3) * 4 == .nanoseconds(12_000_000))
  }

  @Test("a division by zero is zero, a division by -1 saturates")
  func quotients() {
    #expect(Interval.seconds(1) / 0 == .zero)
    #expect(Interval.min / -1 == .max)
    #expect(Interval.seconds(3) / 2 == .milliseconds(1_500))
  }

  @Test("units convert exactly and round as documented")
  func units() {
    #expect(Interval.seconds(2).nanoseconds == 2_000_000_000)
    #expect(Interval.microseconds(1_500).milliseconds == 1)
    #expect(Interval.nanoseconds(-1_999).microseconds == -1)
    #expect(WallTime(nanoseconds: -1).milliseconds == -1)
    #expect(WallTime(nanoseconds: 1_999_999).milliseconds == 1)
    #expect(Interval.milliseconds(250).seconds == 0.25)
  }

  @Test("ticks of any timescale convert exactly, rounded down, and saturate")
  func ticks() {
    #expect(Interval(ticks: 90_000, timescale: 90_000) == .seconds(1))
    #expect(Interval(ticks: 1, timescale: 3) == .nanoseconds(333_333_333))
    #expect(Interval(ticks: -1, timescale: 3) == .nanoseconds(-333_333_334))
    // A year at 48 kHz; its product with 10⁹ has more than 64 bits.
    #expect(Interval(ticks: 365 * 86_400 * 48_000, timescale: 48_000) == .seconds(365 * 86_400))
    #expect(Interval(ticks: .max, timescale: 1) == .max)
    #expect(Interval(ticks: .min, timescale: 1) == .min)
    #expect(Interval(ticks: 5, timescale: 0) == .zero)
  }

  @Test("counts and rates are rounded toward zero, and zero without time")
  func counts() {
    #expect(Interval.seconds(7).count(of: .seconds(2)) == 3)
    #expect(Interval.seconds(-7).count(of: .seconds(2)) == -3)
    #expect(Interval.seconds(7).count(of: .zero) == 0)
    #expect(Interval.milliseconds(500).rate(of: 15) == 30)
    #expect(Interval.nanoseconds(1).rate(of: .max) == .max)
    #expect(Interval.zero.rate(of: 15) == 0)
    #expect(Interval.milliseconds(3_999).wholeSeconds == 3)
  }

  @Test("an offset leads from an instant to the same moment on another timeline, and back")
  func offsets() {
    let (wall, monotonic) = (WallTime.origin + .seconds(90), MonotonicTime.origin + .seconds(30))
    let offset = wall.offset(from: monotonic)
    #expect(offset == .seconds(60))
    #expect(WallTime(monotonic, plus: offset) == wall)
    #expect(MonotonicTime(wall, minus: offset) == monotonic)
    #expect(MediaTime(SourceTime.distantFuture, plus: .seconds(1)) == .distantFuture)
    #expect(MediaTime(SourceTime.distantPast, minus: .seconds(1)) == .distantPast)
    #expect(WallTime.distantPast.offset(from: MonotonicTime.distantFuture) == .min)
  }

  @Test("instants are ordered, and an instant plus the difference to another is the other")
  func instants() {
    let start = MonotonicTime(nanoseconds: 5)
    let end = start + .milliseconds(20)
    #expect(start < end)
    #expect(end - start == .milliseconds(20))
    #expect(start + (end - start) == end)
  }
}
