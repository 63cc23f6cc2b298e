// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing

@testable import Streams

@Suite("Pictures on successive ticks, and sound with them")
struct GridAlignerTests {
  static let grid = FrameGrid(rate: .thirty)
  static let period = FrameRate.thirty.frameNanoseconds
  static let clock = StreamClock(wall: 0, monotonic: 0)

  @Test("wherever its pictures lie between ticks, a source is moved onto them", arguments: 0..<24)
  func phase(_ part: Int64) {
    var hold = GridAligner(Self.grid)
    for index in Int64(30)..<90 {
      let captured = Self.grid.nanoseconds(index) + part * Self.period / 24
      let placed = hold.place(captured, Self.clock, mapping: 1)
      let due = Self.clock.due(Self.clock.frame(nearest: placed, on: Self.grid), on: Self.grid)
      #expect(abs(due - captured) <= Self.period / 2 + 1)
      // What sound would be apart from it.
      #expect(abs(due - captured - hold.phase) <= Self.period / 8 + 1)
    }
  }

  @Test(
    "half-way between ticks small movements neither double nor drop a picture", arguments: 0..<20)
  func middle(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var hold = GridAligner(Self.grid)
    var last: Int64?
    // First on a tick, then slowly to the middle and a little to and fro there.
    for index in Int64(0)..<900 {
      let wander = Int64(random.next() % 2_000_000) - 1_000_000
      let off = min(index * Self.period / 600, Self.period / 2) + (index > 600 ? wander : 0)
      let captured = Self.grid.nanoseconds(index + 30) + off
      let placed = hold.place(captured, Self.clock, mapping: 1)
      let frame = Self.clock.frame(nearest: placed, on: Self.grid)
      if let last { #expect(frame == last + 1) }
      last = frame
      #expect(hold.phase == 0)
    }
  }

  @Test(
    "a mapping that steps while it settles is followed by the least that puts pictures on ticks")
  func settling() {
    var hold = GridAligner(Self.grid)
    for index in Int64(0)..<90 {
      let step = index / 10
      let captured = Self.grid.nanoseconds(index + 30) - step * 4_000_000
      let before = hold.phase
      let placed = hold.place(captured, Self.clock, mapping: Int(step))
      let due = Self.clock.due(Self.clock.frame(nearest: placed, on: Self.grid), on: Self.grid)
      #expect(abs(due - captured - hold.phase) <= Self.period / 8 + 1)
      if index % 10 != 0 { #expect(hold.phase == before) }
    }
  }

  @Test("what is slower than the grid keeps the ticks nearest to it")
  func plain() {
    var hold = GridAligner(Self.grid)
    for index in Int64(0)..<200 {
      let captured = index * 66_000_000
      let placed = hold.place(captured, Self.clock, mapping: 1)
      let frame = Self.clock.frame(nearest: placed, on: Self.grid)
      let moved = Self.clock.frame(nearest: captured + hold.phase, on: Self.grid)
      #expect(
        abs(frame - moved) <= 1 && abs(placed - captured - hold.phase) <= Self.period / 20 + 1000)
    }
  }
}
