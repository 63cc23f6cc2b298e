// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@testable import Scheduling

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

  @Test("a step within a segment is announced at the next one", arguments: rows)
  func step(_ row: Row) throws {
    var simulation = SlotSimulation(inputDelay: 0)
    simulation.runFrameTimes(0..<10)
    simulation.wallMinusMonotonic += .nanoseconds(Int64(row.step * 1_000_000))
    simulation.runFrameTimes(10..<100)
    guard let announced = row.announced else {
      #expect(simulation.announcements.isEmpty)
      #expect(simulation.frameIndices == (0..<100).map { simulation.first + $0 })
      return
    }
    #expect(
      simulation.announcements
        == [.init(offset: .milliseconds(announced.offset), skipped: announced.skipped)])
    let index = try #require(
      simulation.slots.firstIndex { $0.slot.announcement != nil })
    let first = simulation.frameIndices[index]
    #expect(simulation.segmentation.position(of: first) == 0)
    // The first segment after the step follows the skipped numbers.
    let before = simulation.frameIndices[index - 1]
    #expect(
      simulation.segmentation.segment(of: first)
        == simulation.segmentation.segment(of: before) + 1 + announced.skipped)
    #expect(simulation.frameIndices[index...] == (0..<Int64(100 - index)).map { first + $0 }[...])
    // The offset applies from the step on.
    for (other, (slot, _)) in simulation.slots.enumerated() {
      let offset = other < index ? 0 : announced.offset
      let frameTime = simulation.segmentation.grid.frameTime(of: slot.frameIndex)
      #expect(slot.timestampMilliseconds == (frameTime + .milliseconds(offset)).milliseconds)
      // The monotonic clock is not affected.
      #expect(slot.due == simulation.due(Int64(other)))
    }
    let last = try #require(simulation.slots.last?.slot)
    let wall = WallTime(last.due, plus: simulation.wallMinusMonotonic)
    #expect(abs(last.timestampMilliseconds - wall.milliseconds) <= 1)
    #expect(abs(last.captured - wall) <= 1_000_000)
  }

  @Test("a step and its reversal: two announcements, and the first offset again")
  func back() {
    var simulation = SlotSimulation(inputDelay: 0)
    for (step, indices) in [(-5000, Int64(0)..<60), (5000, 60..<120), (0, 120..<240)] {
      simulation.runFrameTimes(indices)
      simulation.wallMinusMonotonic += Interval.milliseconds(Int64(step))
    }
    #expect(
      simulation.announcements == [
        .init(offset: -5_000_000_000, skipped: 0), .init(offset: 0, skipped: 0),
      ])
    #expect(simulation.frameIndices == (0..<240).map { simulation.first + $0 })
  }

  @Test("a slow drift is announced each time it reaches 50 ms")
  func drift() {
    var simulation = SlotSimulation(inputDelay: 0)
    for index in Int64(0)..<3000 {
      simulation.wallMinusMonotonic += 100_000
      simulation.runFrameTimes(index..<index + 1)
    }
    // 300 ms in all.
    #expect(simulation.announcements.count == 5)
    for announcement in simulation.announcements { #expect(announcement.skipped == 0) }
  }

  @Test(
    "the burned clock of a drawn frame is that of its slot, except at the step itself")
  func drawnTimestamp() {
    var simulation = SlotSimulation(inputDelay: 0)
    simulation.wallMinusMonotonic += 5_300_000_000
    simulation.runFrameTimes(0..<31)
    let index = simulation.schedule.nextFrameIndex
    let drawn = simulation.schedule.timestamp(of: index)
    simulation.runFrameTimes(31..<32)
    #expect(simulation.slots.last?.slot.frameIndex == index)
    #expect(simulation.slots.last?.slot.timestampMilliseconds == drawn)
  }
}
