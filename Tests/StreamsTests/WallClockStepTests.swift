// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@testable import Streams

@Suite("Steps of the wall clock: announced once, at the start of a segment")
struct WallClockStepTests {
  struct Row: Sendable, CustomTestStringConvertible {
    /// Milliseconds.
    let step: Double
    /// Milliseconds, and segments; nil for no announcement.
    let announced: (offset: Int64, skipped: Int64)?
    var testDescription: String { "\(step) ms" }

    init(_ step: Double, _ announced: (Int64, Int64)?) {
      (self.step, self.announced) = (step, announced)
    }
  }

  static let rows = [
    Row(0, nil), Row(50, nil), Row(-50, nil), Row(49.9, nil), Row(-49.9, nil),
    Row(51, (51, 0)), Row(-51, (-51, 0)), Row(200, (200, 0)), Row(-200, (-200, 0)),
    Row(999, (999, 0)), Row(1000, (0, 1)), Row(1001, (1, 1)), Row(5000, (0, 5)),
    Row(5300, (300, 5)), Row(-1000, (-1000, 0)), Row(-5000, (-5000, 0)),
    Row(3_600_000, (0, 3600)), Row(-3_600_000, (-3_600_000, 0)),
  ]

  @Test("in mid-segment", arguments: rows)
  func step(_ row: Row) throws {
    var simulation = SlotSimulation(inputDelay: 0)
    simulation.runTicks(0..<10)
    simulation.wallMinusMonotonic += Int64(row.step * 1_000_000)
    simulation.runTicks(10..<100)
    guard let announced = row.announced else {
      #expect(simulation.announcements.isEmpty)
      #expect(simulation.frames == (0..<100).map { simulation.first + $0 })
      return
    }
    #expect(
      simulation.announcements
        == [.init(offset: announced.offset * 1_000_000, skipped: announced.skipped)])
    let place = try #require(
      simulation.slots.firstIndex { $0.slot.announcement != nil })
    let frame = simulation.frames[place]
    #expect(simulation.segmentation.position(of: frame) == 0)
    // It came with the first segment after the step, which follows the numbers that were left out.
    let before = simulation.frames[place - 1]
    #expect(
      simulation.segmentation.segment(of: frame)
        == simulation.segmentation.segment(of: before) + 1 + announced.skipped)
    #expect(simulation.frames[place...] == (0..<Int64(100 - place)).map { frame + $0 }[...])
    // Before it the stream says what it said; after it what the wall clock says.
    for (index, (slot, _)) in simulation.slots.enumerated() {
      let offset = index < place ? 0 : announced.offset
      let tick = simulation.segmentation.grid.nanoseconds(slot.frame)
      #expect(slot.timestampMilliseconds == (tick + offset * 1_000_000) / 1_000_000)
      // The monotonic clock goes on as if nothing had been.
      #expect(slot.due == simulation.due(Int64(index)))
    }
    let last = try #require(simulation.slots.last?.slot)
    let wall = last.due + simulation.wallMinusMonotonic
    #expect(abs(last.timestampMilliseconds - wall / 1_000_000) <= 1)
    #expect(abs(last.captured - wall) <= 1_000_000)
  }

  @Test("there and back again: two announcements, and the stream is where it was")
  func back() {
    var simulation = SlotSimulation(inputDelay: 0)
    for (step, places) in [(-5000, Int64(0)..<60), (5000, 60..<120), (0, 120..<240)] {
      simulation.runTicks(places)
      simulation.wallMinusMonotonic += Int64(step) * 1_000_000
    }
    #expect(
      simulation.announcements == [
        .init(offset: -5_000_000_000, skipped: 0), .init(offset: 0, skipped: 0),
      ])
    #expect(simulation.frames == (0..<240).map { simulation.first + $0 })
  }

  @Test("a slow drift is announced whenever it has come to 50 ms, and never in between")
  func drift() {
    var simulation = SlotSimulation(inputDelay: 0)
    for place in Int64(0)..<3000 {
      simulation.wallMinusMonotonic += 100_000
      simulation.runTicks(place..<place + 1)
    }
    // 300 ms in all.
    #expect(simulation.announcements.count == 5)
    for announcement in simulation.announcements { #expect(announcement.skipped == 0) }
  }

  @Test(
    "the burned stamp of the picture that is drawn is that of its slot, but for the step itself")
  func drawnTimestamp() {
    var simulation = SlotSimulation(inputDelay: 0)
    simulation.wallMinusMonotonic += 5_300_000_000
    simulation.runTicks(0..<31)
    let frame = simulation.schedule.nextFrame
    let drawn = simulation.schedule.timestamp(of: frame)
    simulation.runTicks(31..<32)
    #expect(simulation.slots.last?.slot.frame == frame)
    #expect(simulation.slots.last?.slot.timestampMilliseconds == drawn)
  }
}
