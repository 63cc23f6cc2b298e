// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@Suite("A source's clock, mapped to the monotonic clock")
struct SourceClockTests {
  private static let second: Interval = 1_000_000_000
  private static let frame: Interval = 33_333_333

  /// A source with a clock of `rate` seconds per second and a transport delay of `least` to
  /// `least + jitter`.
  private struct Source {
    var rate = 1.0
    var least: Interval = 3_000_000
    var jitter: Interval = 0
    var random = SplitMix64(seed: 7)
    private var lastArrival = MonotonicTime.distantPast

    init(rate: Double = 1, jitter: Interval = 0) {
      self.rate = rate
      self.jitter = jitter
    }

    mutating func packet(at captured: MonotonicTime) -> (pts: SourceTime, arrival: MonotonicTime) {
      let late = jitter > 0 ? Int64(random.next() % UInt64(jitter.nanoseconds)) : 0
      lastArrival = max(lastArrival, captured + least + .nanoseconds(late))
      let pts = (Double(captured.nanoseconds) * rate).rounded()
      return (SourceTime(nanoseconds: Int64(pts)), lastArrival)
    }
  }

  @Test("after a pause the mapping follows a source that catches up by 5 %")
  func catchesUp() {
    var clock = SourceClock()
    for index in Int64(0)..<25 * 30 {
      let time = index * Self.frame
      let caughtUp = max(.zero, time - 5 * Self.second) / 20
      let late = time < 5 * Self.second ? Interval.zero : max(.zero, .milliseconds(700) - caughtUp)
      let arrival = MonotonicTime.origin + 10 * Self.second + time + late
      let mapped = clock.captureTime(pts: .origin + time, arrival: arrival)
      #expect(abs(arrival - mapped) < 3_000_000, "frame \(index)")
    }
  }

  @Test(
    "over minutes of clock drift, the error stays within a frame, and audio within 22 ms of video",
    arguments: [1.0002, 0.9998, 1.00005, 1.0])
  func drift(rate: Double) {
    var source = Source(rate: rate, jitter: 20_000_000)
    var clock = SourceClock()
    var worst: Interval = 0
    var worstPair: Interval = 0
    var last = MonotonicTime.distantPast
    // Each drift is 45 ms, more than the limits, which are for its correction.
    let short = rate == 1.00005 ? Int64(900) : 225
    for index in 0..<TestLength.of(short: short, long: 3600) * 30 {
      let captured = MonotonicTime.origin + index * Self.frame
      let video = source.packet(at: captured)
      let mapped = clock.captureTime(pts: video.pts, arrival: video.arrival)
      // `#expect` takes longer than the rest, and there are 6,750 frames or more.
      guard mapped >= last else {
        Issue.record("frame \(index): \(mapped) after \(last)")
        return
      }
      last = mapped
      guard captured > .origin + 2 * Self.second else { continue }
      worst = max(worst, abs(mapped - captured))
      // Audio captured at the same time that arrives 15 ms later.
      let audio = clock.captureTime(.audio, pts: video.pts, arrival: video.arrival + 15_000_000)
      worstPair = max(worstPair, abs(audio - mapped))
    }
    #expect(worst <= Self.frame)
    #expect(worstPair <= 22_000_000)
    #expect(clock.restarts == 0)
  }

  @Test("after two seconds, jitter of 60 ms moves capture times by less than 1 ms")
  func jitter() {
    var source = Source(jitter: 60_000_000)
    var clock = SourceClock()
    var steps: [Interval] = []
    var last: MonotonicTime?
    for index in 0..<Int64(600) {
      let packet = source.packet(at: .origin + index * Self.frame)
      let mapped = clock.captureTime(pts: packet.pts, arrival: packet.arrival)
      if index > 60, let last { steps.append(mapped - last) }
      last = mapped
    }
    #expect(steps.allSatisfy { abs($0 - Self.frame) < 1_000_000 })
  }

  struct Jump: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Added to the timestamps from ten seconds on.
    let offset: Interval
    /// The time without capture.
    var pause: Interval = 0
    /// Whether the clock is told that the connection broke.
    var isNoticed = false
  }

  static let jumps = [
    Jump(testDescription: "forwards by 26 h", offset: .seconds(26 * 3600)),
    Jump(testDescription: "back to 0", offset: -10 * second),
    Jump(testDescription: "back to 0 after a second of pause", offset: -11 * second, pause: second),
    Jump(testDescription: "back by half a second", offset: -second / 2),
    Jump(testDescription: "forwards by half a second", offset: second / 2),
    Jump(testDescription: "no jump, half a minute of pause", offset: 0, pause: 30 * second),
    Jump(
      testDescription: "a new connection", offset: -10 * second, pause: second / 4,
      isNoticed: true),
    Jump(
      testDescription: "a pause that the timestamps leave out", offset: -3 * second,
      pause: 3 * second),
  ]

  @Test(
    "after a jump of timestamps, times are right within 1.5 s and never go back", arguments: jumps)
  func jump(_ jump: Jump) {
    var clock = SourceClock()
    var source = Source(jitter: 5_000_000)
    var last = MonotonicTime.distantPast
    for index in 0..<Int64(900) {
      let isAfter = index >= 300
      let captured = MonotonicTime.origin + index * Self.frame + (isAfter ? jump.pause : 0)
      if index == 300, jump.isNoticed { clock.breakOff() }
      var packet = source.packet(at: captured)
      if isAfter { packet.pts += jump.offset }
      let mapped = clock.captureTime(pts: packet.pts, arrival: packet.arrival)
      #expect(mapped >= last)
      // A first packet that is late makes the mapping late by at most the jitter of 5 ms.
      #expect(mapped <= packet.arrival + 5_000_000)
      last = mapped
      if index > 300 + 45 || index > 30 && !isAfter {
        #expect(abs(mapped - captured) <= 20_000_000, "frame \(index)")
      }
    }
  }

  @Test("a backlog that a server sends at once does not lengthen the transport delay")
  func burst() {
    var clock = SourceClock()
    for index in 0..<Int64(60) {
      // Two seconds of frames within 0.1 s.
      _ = clock.captureTime(
        pts: .origin + index * Self.frame,
        arrival: .origin + 2 * Self.second + .nanoseconds(index * 1_600_000))
    }
    for index in Int64(60)..<Int64(120) {
      let arrival = MonotonicTime.origin + 100_000_000 + index * Self.frame
      let mapped = clock.captureTime(pts: .origin + index * Self.frame, arrival: arrival)
      if index > 66 { #expect(arrival - mapped <= Self.frame) }
    }
  }

  @Test("a change of delay below 100 ms causes no step")
  func slope() {
    var clock = SourceClock()
    var offset: Interval?
    for index in 0..<Int64(3000) {
      let captured = MonotonicTime.origin + index * Self.frame
      // After 20 s, the transport delay rises by 80 ms; after 60 s, it falls again.
      let late: Interval = (600..<1800).contains(index) ? 80_000_000 : 0
      let arrival = captured + 5_000_000 + late
      let mapped = clock.captureTime(
        pts: SourceTime(captured, plus: .zero), arrival: arrival)
      if index > 60, let offset, mapped != arrival {
        #expect(abs(mapped - captured - offset) <= Self.frame * 300 / 1_000_000 + .nanoseconds(1))
      }
      offset = mapped - captured
    }
    #expect(clock.restarts == 0)
  }

  @Test("capture time is the sender's time, within the limit of its lead")
  func sender() {
    var unlimited = SourceClock()
    var limited = SourceClock()
    limited.limitLead(to: 10_000_000)
    var wrong = SourceClock()
    for index in 0..<Int64(90) {
      let captured = MonotonicTime.origin + index * Self.frame
      let pts = SourceTime(captured, plus: .zero)
      let arrival = captured + 50_000_000
      let one = unlimited.captureTime(pts: pts, arrival: arrival, sent: captured)
      let two = limited.captureTime(pts: pts, arrival: arrival, sent: captured)
      let three = wrong.captureTime(
        pts: pts, arrival: arrival, sent: captured - 3600 * Self.second)
      guard index > 45 else { continue }
      #expect(one == captured)
      #expect(two == arrival - 10_000_000)
      #expect(three == arrival)
    }
  }

  @Test("audio that declares nothing, and arrives with less delay, leaves declared times exact")
  func declaredVideoBesideAudio() {
    var clock = SourceClock()
    for index in 0..<300 as Range<Int64> {
      let captured = MonotonicTime.origin + 1000 * Self.second + index * Self.frame
      let pts = SourceTime(captured, plus: .zero)
      // A backlog arrives first.
      let delay: Interval = index < 10 ? 400_000_000 - index * Self.frame : 100_000_000
      let arrival = captured + delay
      let video = clock.captureTime(pts: pts, arrival: arrival, sent: captured)
      #expect(video == captured, "frame \(index)")
      _ = clock.captureTime(
        .audio, pts: SourceTime(captured + 80_000_000, plus: .zero), arrival: arrival)
    }
  }
}

@Suite("Unwrapping of timestamps")
struct TimestampUnwrapperTests {
  @Test(
    "extreme timestamps are mapped and compared without overflow",
    arguments: [1, 90_000, 1_000_000_000])
  func extremes(ticksPerSecond: Int64) {
    var unwrapper = TimestampUnwrapper()
    var clock = SourceClock()
    let timestamps: [Int64] = [0, .max, .min + 1, .max, 0, .min + 1, 1, 1 << 62, -(1 << 62)]
    var given: [SourceTime] = []
    for (index, ticks) in timestamps.enumerated() {
      let pts = unwrapper.time(
        of: ticks, bits: 64, numerator: 1, denominator: ticksPerSecond)
      given.append(pts)
      let arrival = MonotonicTime.origin + .seconds(1000) + .milliseconds(Int64(index) * 700)
      let captured = clock.captureTime(index % 2 == 0 ? .video : .audio, pts: pts, arrival: arrival)
      #expect(captured <= arrival + 100_000_000)
    }
    for one in given {
      for other in given {
        let (one, other) = (one.nanoseconds, other.nanoseconds)
        #expect(!one.subtractingReportingOverflow(other).overflow)
      }
    }
  }

  @Test("33 bits at 90 kHz continue after 26.5 hours, for both tracks")
  func transportStream() {
    var unwrapper = TimestampUnwrapper()
    let round = Int64(1) << 33
    var last: SourceTime?
    for index in 0..<Int64(400) {
      let ticks = round - 300 * 3000 + index * 3000
      let video = unwrapper.time(
        of: ticks % round, bits: 33, numerator: 1, denominator: 90_000)
      let audio = unwrapper.time(
        of: (ticks + 1500) % round, bits: 33, numerator: 1, denominator: 90_000)
      if let last { #expect(((33_333_332 as Interval)...33_333_334).contains(video - last)) }
      #expect(((16_666_666 as Interval)...16_666_667).contains(audio - video))
      last = video
    }
  }

  @Test("32 bits of milliseconds continue after 49.7 days, and back")
  func flash() {
    var unwrapper = TimestampUnwrapper()
    func take(_ ticks: Int64) -> SourceTime {
      unwrapper.time(of: ticks, bits: 32, numerator: 1, denominator: 1000)
    }
    let end = (Int64(1) << 32) - 1
    #expect(take(end) == .origin + .milliseconds(end))
    #expect(take(9) == .origin + .milliseconds(end + 10))
    #expect(take(end) == .origin + .milliseconds(end))
  }

  @Test("timestamps of 64 bits are not unwrapped")
  func wide() {
    var unwrapper = TimestampUnwrapper()
    for ticks in [0, 5_000_000_000, -7, 12] as [Int64] {
      let value = unwrapper.time(of: ticks, bits: 64, numerator: 1, denominator: 1000)
      #expect(value == .origin + .milliseconds(ticks))
    }
  }
}
