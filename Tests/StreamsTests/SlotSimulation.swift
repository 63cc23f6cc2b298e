// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport

@testable import Streams

/// A source and a pacer on a simulated clock, in steps of a millisecond.
struct SlotSimulation {
  static let wall: Int64 = 1_795_155_720_000_000_000
  static let monotonic: Int64 = 7_654_321_000_000

  let segmentation: Segmentation
  let first: Int64
  let inputDelay: Int64
  var schedule: SlotSchedule<Int>
  var wallMinusMonotonic = wall - monotonic
  /// The slots with the time at which each was closed.
  var slots: [(slot: FrameSlot<Int>, at: Int64)] = []

  /// A simulation; the input delay is in nanoseconds, nil for one frame.
  init(
    _ rate: FrameRate = .thirty, inputDelay: Int64? = nil, slate: Int? = nil,
    patience: Int64 = 1_000_000_000
  ) {
    segmentation = Segmentation(
      rate: rate, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    self.inputDelay = inputDelay ?? rate.frameNanoseconds
    let clock = StreamClock(wall: Self.wall, monotonic: Self.monotonic)
    first = clock.frame(atOrAfter: Self.monotonic, on: segmentation.grid)
    schedule = SlotSchedule(
      segmentation: segmentation, clock: clock, first: first, inputDelay: self.inputDelay,
      image: -1,
      slate: slate, patience: patience)
  }

  /// When frame `first + place` was due before anything was skipped.
  func due(_ place: Int64) -> Int64 {
    segmentation.grid.nanoseconds(first + place) - (Self.wall - Self.monotonic)
  }

  mutating func offer(
    _ picture: Int, captured: Int64, placed: Int64? = nil, now: Int64, isTick: Bool = false
  ) {
    let closed = schedule.offer(
      picture, captured: captured, placed: placed, isTick: isTick, now: now,
      wallMinusMonotonic: wallMinusMonotonic)
    slots += closed.map { ($0, now) }
  }

  mutating func close(at now: Int64) {
    slots += schedule.close(at: now, wallMinusMonotonic: wallMinusMonotonic).map { ($0, now) }
  }

  /// Lets a camera run: its pictures are called 0, 1, 2… and come `latency` after their capture.
  mutating func run(
    seconds: Int64, capturedAt: (Int) -> Int64, latency: Int64, from start: Int64 = 0
  ) {
    var picture = 0
    let begin = due(0) + start
    for step in 0..<seconds * 1000 {
      let now = begin + step * 1_000_000
      while capturedAt(picture) + latency <= now {
        offer(picture, captured: capturedAt(picture), now: now)
        picture += 1
      }
      close(at: now)
    }
  }

  /// The test picture's way: one picture at each tick, called by its place.
  mutating func runTicks(_ places: Range<Int64>) {
    for place in places {
      offer(Int(place), captured: schedule.nextDue, now: schedule.nextDue, isTick: true)
    }
  }

  var images: [Int] { slots.map(\.slot.image) }
  var frames: [Int64] { slots.map(\.slot.frame) }
  var announcements: [FrameSlot<Int>.Announcement] { slots.compactMap(\.slot.announcement) }
}
