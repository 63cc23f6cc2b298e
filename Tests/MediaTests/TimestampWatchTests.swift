// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@Suite("Irregular timestamps of a source")
struct TimestampWatchTests {
  private static let rate = FrameRate(25) ?? .thirty
  private static let frame = Interval.milliseconds(40)

  /// The watch after frames at 25 fps, whose timestamps have these errors by index.
  private func watch(frames: Int, errors: (Int) -> Interval) -> (TimestampWatch, MonotonicTime) {
    var watch = TimestampWatch(Self.rate)
    var arrival = MonotonicTime.origin
    for index in 0..<frames {
      let time = Self.frame * Int64(index)
      arrival = MonotonicTime.origin + .seconds(1) + time
      watch.take(SourceTime.origin + .seconds(3) + time + errors(index), arrival: arrival)
    }
    return (watch, arrival)
  }

  @Test("regular timestamps, and jitter of a quarter of a frame, are nothing")
  func regular() {
    for amount in [0, 3, 10] {
      let (watch, now) = watch(frames: 1500) { .milliseconds(Int64($0 * 7919 % 5 * amount / 4)) }
      #expect(watch.displacedPerMinute(at: now) == 0)
      #expect(watch.step(at: now) == .zero, "\(amount) ms")
    }
  }

  @Test("single wrong timestamps are counted per minute", arguments: [-300, -60, 60, 300])
  func displaced(milliseconds: Int64) {
    let (watch, now) = watch(frames: 1520) {
      $0 % 500 == 250 ? .milliseconds(milliseconds) : .zero
    }
    #expect(watch.displacedPerMinute(at: now) == 3)
    #expect(watch.step(at: now) == .zero)
  }

  @Test("an observation of less than a minute is extrapolated, one of less than 10 s less so")
  func extrapolated() {
    let long = watch(frames: 501) { $0 == 100 ? .milliseconds(80) : .zero }
    #expect(long.0.displacedPerMinute(at: long.1) == 3)
    let short = watch(frames: 51) { $0 == 30 ? .milliseconds(80) : .zero }
    #expect(short.0.displacedPerMinute(at: short.1) == 6)
  }

  @Test("a mapping that changes and stays is a step, and no displaced timestamp")
  func steps() {
    // As sender reports each 5 s.
    let (watch, now) = watch(frames: 1500) { $0 / 125 % 2 == 0 ? .zero : .milliseconds(22) }
    #expect(abs(watch.step(at: now).milliseconds - 22) <= 1)
    #expect(watch.displacedPerMinute(at: now) == 0)
    #expect(watch.step(at: now + .seconds(61)) == .zero, "steps of long ago do not count")
  }

  @Test("lost frames and pauses are neither")
  func lost() {
    var watch = TimestampWatch(Self.rate)
    var now = MonotonicTime.origin
    for index in 0..<1500 where index % 300 != 150 && !(700..<760).contains(index) {
      let time = Self.frame * Int64(index)
      now = MonotonicTime.origin + time
      watch.take(SourceTime.origin + time, arrival: now)
    }
    #expect(watch.displacedPerMinute(at: now) == 0)
    #expect(watch.step(at: now) == .zero)
  }
}
