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

  @Test("instants are ordered, and an instant plus the difference to another is the other")
  func instants() {
    let start = MonotonicTime(nanoseconds: 5)
    let end = start + .milliseconds(20)
    #expect(start < end)
    #expect(end - start == .milliseconds(20))
    #expect(start + (end - start) == end)
  }
}
