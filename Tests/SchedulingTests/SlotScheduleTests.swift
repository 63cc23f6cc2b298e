// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@testable import Scheduling

@Suite("Frames and frame times: one slot per frame time, in order")
struct SlotScheduleTests {
  static let frameDuration: Interval = 33_333_333

  /// A camera of any rate on the grid of 30 frames per second.
  struct Camera: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Thousandths of a frame per second.
    let millihertz: Int64
    var jitter: Interval = 0
    var latency: Interval = 5_000_000
    var phase: Interval = 0

    static let all = [
      Camera(testDescription: "exactly the grid", millihertz: 30_000),
      Camera(testDescription: "a third of a frame off", millihertz: 30_000, phase: 11_000_000),
      Camera(testDescription: "half a frame off", millihertz: 30_000, phase: 16_666_666),
      Camera(testDescription: "slightly slow", millihertz: 29_900),
      Camera(testDescription: "slightly fast", millihertz: 30_100),
      Camera(testDescription: "half the rate", millihertz: 15_000),
      Camera(testDescription: "7.5", millihertz: 7_500),
      Camera(testDescription: "twice the rate", millihertz: 60_000),
      Camera(testDescription: "jitter of 12 ms", millihertz: 30_000, jitter: 12_000_000),
      Camera(testDescription: "30 ms late", millihertz: 30_000, latency: 30_000_000),
      Camera(testDescription: "90 ms late", millihertz: 30_000, latency: 90_000_000),
    ]
  }

  @Test("the invariants of the slots hold for every camera", arguments: Camera.all)
  func invariants(_ camera: Camera) {
    var generator = SplitMix64(seed: 7)
    var simulation = SlotSimulation()
    let start = simulation.due(0)
    let captures = (0..<2000).map { index -> MonotonicTime in
      let even = start + camera.phase + .seconds(Int64(index) * 1000) / camera.millihertz
      guard camera.jitter > .zero else { return even }
      let most = camera.jitter.nanoseconds
      return even + .nanoseconds(Int64.random(in: -most...most, using: &generator))
    }
    simulation.run(seconds: 10, capturedAt: { captures[$0] }, latency: camera.latency)
    let (slots, counters) = (simulation.slots, simulation.schedule.counters)
    #expect(simulation.frameIndices == (0..<Int64(slots.count)).map { simulation.first + $0 })
    // The grid keeps its rate; a slot never closes later than its frame time plus input delay.
    #expect((298...301).contains(slots.count))
    for (slot, at) in slots {
      #expect(at <= slot.due + simulation.inputDelay + 1_000_000)
      #expect(at >= slot.due - Self.frameDuration / 2 - .nanoseconds(1))
      let index = Int64(slot.frameIndex - simulation.first)
      #expect(slot.due == simulation.due(index))
      #expect(
        slot.timestampMilliseconds
          == simulation.segmentation.grid.frameTime(of: slot.frameIndex).milliseconds)
    }
    // Frames are shown in order, none before its time.
    let shown = simulation.frames.filter { $0 >= 0 }
    #expect(zip(shown, shown.dropFirst()).allSatisfy { $0 <= $1 })
    // Each frame was shown in its own slot, or is counted.
    let fresh = UInt64(slots.count) - counters.repeated
    #expect(counters.input == fresh + counters.late + counters.dropped)
  }

  @Test("a frame belongs to the nearest frame time", arguments: [-16.6, -10, -1, 0, 1, 10, 16.6])
  func nearest(milliseconds: Double) {
    var simulation = SlotSimulation()
    let captured = simulation.due(5) + .nanoseconds(Int64(milliseconds * 1_000_000))
    simulation.offer(1, captured: captured, now: simulation.due(5) + 20_000_000)
    #expect(simulation.frameIndices == (0...5).map { simulation.first + $0 })
    #expect(simulation.frames == [-1, -1, -1, -1, -1, 1])
    // A slot has the capture time; a repeat has its frame time.
    #expect(
      simulation.slots.last?.slot.captured
        == WallTime(captured, plus: simulation.wallMinusMonotonic))
    #expect(
      simulation.slots.first?.slot.captured
        == simulation.segmentation.grid.frameTime(of: simulation.first).wall)
  }

  @Test("the capture time of a frame of the test pattern is its frame time")
  func frameTime() {
    var simulation = SlotSimulation(inputDelay: 0)
    simulation.wallMinusMonotonic += 20_000_000
    simulation.runFrameTimes(0..<3)
    for (slot, _) in simulation.slots {
      #expect(slot.captured == simulation.segmentation.grid.frameTime(of: slot.frameIndex).wall)
    }
    #expect(simulation.schedule.counters == .init(input: 3))
  }

  @Test("a slow camera's frames are repeated, and the grid keeps the requested rate")
  func slow() {
    var simulation = SlotSimulation()
    let start = simulation.due(0)
    simulation.run(
      seconds: 3, capturedAt: { start + 2 * Int64($0) * Self.frameDuration }, latency: 1_000_000)
    #expect(simulation.frames.prefix(6) == [0, 0, 1, 1, 2, 2])
    #expect((44...46).contains(simulation.schedule.counters.repeated))
    #expect(simulation.schedule.counters.late == 0)
  }

  @Test("of a fast camera's frames the first of each frame time is shown, the others are counted")
  func fast() {
    var simulation = SlotSimulation()
    let start = simulation.due(0)
    simulation.run(
      seconds: 3, capturedAt: { start - 8_000_000 + Int64($0) * Self.frameDuration / 2 },
      latency: 1_000_000
    )
    #expect(simulation.schedule.counters.repeated == 0)
    #expect((88...91).contains(simulation.schedule.counters.dropped))
    #expect(simulation.schedule.counters.late == 0)
  }

  @Test("a frame that arrives after its slot has closed is counted, and shown by the next repeat")
  func late() {
    var simulation = SlotSimulation()
    simulation.close(at: simulation.due(2) + simulation.inputDelay)
    simulation.offer(7, captured: simulation.due(1), now: simulation.due(3))
    #expect(simulation.schedule.counters == .init(input: 1, repeated: 3, late: 1))
    simulation.close(at: simulation.due(3) + simulation.inputDelay)
    #expect(simulation.frames == [-1, -1, -1, 7])
  }

  @Test("a slot closes at its frame time plus the input delay")
  func inputDelay() {
    var simulation = SlotSimulation(inputDelay: 50_000_000)
    simulation.close(at: simulation.due(0) + 49_999_999)
    #expect(simulation.slots.isEmpty)
    simulation.close(at: simulation.due(0) + 50_000_000)
    #expect(simulation.slots.count == 1)
    #expect(simulation.schedule.nextClosing == simulation.due(1) + 50_000_000)
  }

  @Test("a timestamp from the future closes no slot that is not due", arguments: [1, 60, 86_400])
  func future(seconds: Int64) {
    var simulation = SlotSimulation()
    let now = simulation.due(2)
    simulation.offer(1, captured: now + .seconds(seconds), now: now)
    #expect(simulation.frameIndices == (0...2).map { simulation.first + $0 })
    #expect(simulation.schedule.nextFrameIndex == simulation.first + 3)
  }

  @Test("a frame with an old timestamp is late, and shown by the next repeat")
  func past() {
    var simulation = SlotSimulation()
    simulation.runFrameTimes(0..<3)
    simulation.offer(9, captured: 0, now: simulation.due(2))
    simulation.close(at: simulation.due(3) + simulation.inputDelay)
    #expect(simulation.schedule.counters.late == 1)
    #expect(simulation.frames.last == 9)
  }

  @Test("the slate is shown after the grace period without a frame, until the next frame")
  func slate() {
    var simulation = SlotSimulation(slate: 99)
    simulation.runFrameTimes(0..<10)
    for index in Int64(10)..<60 {
      simulation.close(at: simulation.due(index) + simulation.inputDelay)
    }
    // The last frame arrived at frame time 9; slots close one frame duration later.
    #expect(simulation.frames[10...38].allSatisfy { $0 == 9 })
    #expect(simulation.frames[40...59].allSatisfy { $0 == 99 })
    simulation.offer(1, captured: simulation.due(60), now: simulation.due(60))
    simulation.close(at: simulation.due(61) + simulation.inputDelay)
    #expect(simulation.frames.suffix(2) == [1, 1])
  }

  @Test(
    "a source of less than one frame per second has no slate between its frames",
    arguments: [1, 2, 4] as [Int64])
  func slow(seconds: Int64) {
    var arrivals = SilenceLimit()
    for count in Int64(-4)..<0 {
      arrivals.heard(at: SlotSimulation.monotonic + .seconds(count * seconds))
    }
    var simulation = SlotSimulation(slate: 99, arrivals: arrivals)
    for index in Int64(0)..<600 {
      if index % (30 * seconds) == 0 {
        simulation.offer(1, captured: simulation.due(index), now: simulation.due(index))
      }
      simulation.close(at: simulation.due(index) + simulation.inputDelay)
    }
    #expect(simulation.frames.allSatisfy { $0 == 1 })
  }

  @Test(
    "a slow source has no slate while its first frames become known, or if one comes twice",
    arguments: [1, 2] as [Int64], [[-2, -1, 0], [-1, 0], [-3, -2, -1, 0]] as [[Int64]])
  func slowFromTheStart(seconds: Int64, known: [Int64]) {
    var arrivals = SilenceLimit()
    for count in known {
      arrivals.heard(at: SlotSimulation.monotonic + .seconds(count * seconds) - .milliseconds(5))
    }
    var simulation = SlotSimulation(slate: 99, arrivals: arrivals)
    for index in Int64(0)..<600 {
      // The newest of them is decoded after the slots have begun.
      if index % (30 * seconds) == 0 {
        simulation.offer(1, captured: simulation.due(index), now: simulation.due(index))
      }
      simulation.close(at: simulation.due(index) + simulation.inputDelay)
    }
    #expect(simulation.frames.allSatisfy { $0 == 1 })
  }

  @Test("an outage does not make the limit longer, and neither do arrivals at once shorter")
  func limit() {
    func limit(_ milliseconds: [Int64]) -> Interval {
      var arrivals = SilenceLimit()
      for time in milliseconds { arrivals.heard(at: .origin + .milliseconds(time)) }
      return arrivals.slateLimit
    }
    #expect(limit([]) == .seconds(1) && limit([0]) == .seconds(1))
    #expect(limit([0, 1000]) == .milliseconds(2500) && limit([0, 40]) == .seconds(1))
    #expect(limit([0, 2000, 2005]) == .seconds(5) && limit([0, 5, 2005]) == .seconds(5))
    #expect(limit([0, 40, 80, 9000]) == .seconds(1))
    #expect(limit([0, 40, 9000, 9040]) == .seconds(1))
    #expect(limit([0, 1000, 2000, 2001]) == .milliseconds(2500))
    #expect(limit([0, 60_000]) == .seconds(10))
  }

  @Test("without a slate the last frame is repeated forever")
  func noSlate() {
    var simulation = SlotSimulation()
    simulation.runFrameTimes(0..<1)
    simulation.close(at: simulation.due(3600))
    #expect(simulation.frames.allSatisfy { $0 == 0 })
  }

  @Test("after a standstill of minutes each frame time has a slot, and the newest frame the last")
  func standstill() {
    var simulation = SlotSimulation(inputDelay: 0)
    simulation.runFrameTimes(0..<30)
    let now = simulation.due(30 + 3 * 60 * 30) + 5_000_000
    let index = simulation.schedule.lastDue(at: now)
    #expect(index == simulation.first + 30 + 5400)
    simulation.offer(
      1, captured: simulation.schedule.clock.due(index, on: simulation.segmentation.grid), now: now,
      isAtFrameTime: true)
    #expect(simulation.frameIndices == (0...5430).map { simulation.first + $0 })
    #expect(simulation.schedule.counters.repeated == 5400)
    #expect(simulation.announcements.isEmpty)
  }

  @Test("a frame is due at its frame time, not before it")
  func lastDue() {
    let simulation = SlotSimulation()
    #expect(simulation.schedule.lastDue(at: simulation.due(4) - 1) == simulation.first + 3)
    #expect(simulation.schedule.lastDue(at: simulation.due(4)) == simulation.first + 4)
  }

  @Test(
    "frame times of fractional rates stay exact over minutes of repeats",
    arguments: ["30000/1001", "24000/1001", "60000/1001", "12.5"])
  func fractional(_ text: String) throws {
    let rate = try #require(FrameRate(text))
    var simulation = SlotSimulation(rate, inputDelay: 0)
    simulation.runFrameTimes(0..<100)
    // A rounded duration would be off by a tick after a few frames.
    let seconds = TestLength.of(short: Int64(600), long: 3600)
    let end = seconds * Int64(rate.numerator) / Int64(rate.denominator)
    simulation.close(at: simulation.due(end))
    simulation.runFrameTimes(0..<100)
    #expect(simulation.frameIndices == (0...end + 100).map { simulation.first + $0 })
    let last = try #require(simulation.slots.last?.slot)
    #expect(last.due == simulation.due(end + 100))
    #expect(last.captured == simulation.segmentation.grid.frameTime(of: last.frameIndex).wall)
  }
}
