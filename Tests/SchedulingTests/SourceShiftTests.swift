// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Testing
import Time

@Suite("Frames at successive frame times, and audio with them")
struct SourceShiftTests {
  static let grid = FrameGrid(rate: .thirty)
  static let period = FrameRate.thirty.frameDuration
  static let clock = StreamClock(wall: 0, monotonic: 0)

  @Test("a source is moved to frame times, whatever its phase", arguments: 0..<24)
  func phase(_ part: Int64) {
    var shift = SourceShift(Self.grid)
    for index in Int64(30)..<90 {
      let captured = Self.clock.due(index, on: Self.grid) + part * Self.period / 24
      let aligned = shift.align(captured, Self.clock, mapping: 1)
      let due = Self.clock.due(Self.clock.frame(nearest: aligned, on: Self.grid), on: Self.grid)
      #expect(abs(due - captured) <= Self.period / 2 + .nanoseconds(1))
      // The distance of its audio from it.
      #expect(abs(due - captured - shift.phase) <= Self.period / 8 + .nanoseconds(1))
    }
  }

  @Test(
    "midway between frame times small movements neither double nor drop a frame", arguments: 0..<20)
  func middle(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var shift = SourceShift(Self.grid)
    var last: Int64?
    // First at a frame time, then slowly to the middle, and small movements there.
    for index in Int64(0)..<900 {
      let wander = Interval.nanoseconds(Int64(random.next() % 2_000_000) - 1_000_000)
      let off = min(index * Self.period / 600, Self.period / 2) + (index > 600 ? wander : .zero)
      let captured = Self.clock.due(index + 30, on: Self.grid) + off
      let aligned = shift.align(captured, Self.clock, mapping: 1)
      let frame = Self.clock.frame(nearest: aligned, on: Self.grid)
      if let last { #expect(frame == last + 1) }
      last = frame
      #expect(shift.phase == 0)
    }
  }

  @Test(
    "a mapping that steps while it settles is followed by the smallest move to frame times")
  func settling() {
    var shift = SourceShift(Self.grid)
    for index in Int64(0)..<90 {
      let step = index / 10
      let captured = Self.clock.due(index + 30, on: Self.grid) - .milliseconds(step * 4)
      let before = shift.phase
      let aligned = shift.align(captured, Self.clock, mapping: Int(step))
      let due = Self.clock.due(Self.clock.frame(nearest: aligned, on: Self.grid), on: Self.grid)
      #expect(abs(due - captured - shift.phase) <= Self.period / 8 + .nanoseconds(1))
      if index % 10 != 0 { #expect(shift.phase == before) }
    }
  }

  @Test("a source slower than the grid keeps the nearest frame times")
  func plain() {
    var shift = SourceShift(Self.grid)
    for index in Int64(0)..<200 {
      let captured = MonotonicTime.origin + .milliseconds(index * 66)
      let aligned = shift.align(captured, Self.clock, mapping: 1)
      let frame = Self.clock.frame(nearest: aligned, on: Self.grid)
      let moved = Self.clock.frame(nearest: captured + shift.phase, on: Self.grid)
      #expect(
        abs(frame - moved) <= 1
          && abs(aligned - captured - shift.phase) <= Self.period / 20 + .microseconds(1))
    }
  }
}
