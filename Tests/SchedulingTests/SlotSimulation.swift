// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport

/// A source and a pacer on a simulated clock, in steps of one millisecond.
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
    gracePeriod: Int64 = 1_000_000_000
  ) {
    segmentation = Segmentation(
      rate: rate, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    self.inputDelay = inputDelay ?? rate.frameNanoseconds
    let clock = StreamClock(wall: Self.wall, monotonic: Self.monotonic)
    first = clock.frame(atOrAfter: Self.monotonic, on: segmentation.grid)
    schedule = SlotSchedule(
      segmentation: segmentation, clock: clock, first: first, inputDelay: self.inputDelay,
      initial: -1, slate: slate, gracePeriod: gracePeriod)
  }

  /// The due time of frame `first + index` before any skip.
  func due(_ index: Int64) -> Int64 {
    segmentation.grid.nanoseconds(first + index) - (Self.wall - Self.monotonic)
  }

  mutating func offer(
    _ frame: Int, captured: Int64, aligned: Int64? = nil, now: Int64, isAtFrameTime: Bool = false
  ) {
    let closed = schedule.offer(
      frame, captured: captured, aligned: aligned, isAtFrameTime: isAtFrameTime, now: now,
      wallMinusMonotonic: wallMinusMonotonic)
    slots += closed.map { ($0, now) }
  }

  mutating func close(at now: Int64) {
    slots += schedule.close(at: now, wallMinusMonotonic: wallMinusMonotonic).map { ($0, now) }
  }

  /// Runs a camera: its frames are 0, 1, 2… and arrive `latency` after their capture.
  mutating func run(
    seconds: Int64, capturedAt: (Int) -> Int64, latency: Int64, from start: Int64 = 0
  ) {
    var frame = 0
    let begin = due(0) + start
    for step in 0..<seconds * 1000 {
      let now = begin + step * 1_000_000
      while capturedAt(frame) + latency <= now {
        offer(frame, captured: capturedAt(frame), now: now)
        frame += 1
      }
      close(at: now)
    }
  }

  /// Runs the test pattern: one frame at each frame time, named by its index.
  mutating func runFrameTimes(_ indices: Range<Int64>) {
    for index in indices {
      offer(Int(index), captured: schedule.nextDue, now: schedule.nextDue, isAtFrameTime: true)
    }
  }

  var frames: [Int] { slots.map(\.slot.frame) }
  var frameIndices: [Int64] { slots.map(\.slot.frameIndex) }
  var announcements: [FrameSlot<Int>.Announcement] { slots.compactMap(\.slot.announcement) }
}
