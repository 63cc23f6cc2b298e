// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import TestSupport
import Time

/// A source and a pacer on a simulated clock, in steps of one millisecond.
struct SlotSimulation {
  static let wall: WallTime = 1_795_155_720_000_000_000
  static let monotonic: MonotonicTime = 7_654_321_000_000

  let segmentation: Segmentation
  let first: Int64
  let inputDelay: Interval
  var schedule: SlotSchedule<Int>
  var wallMinusMonotonic = wall.offset(from: monotonic)
  /// The slots with the time at which each was closed.
  var slots: [(slot: FrameSlot<Int>, at: MonotonicTime)] = []

  /// A simulation; the input delay is one frame if it is nil.
  init(
    _ rate: FrameRate = .thirty, inputDelay: Interval? = nil, slate: Int? = nil,
    arrivals: SilenceLimit = SilenceLimit()
  ) {
    segmentation = Segmentation(
      rate: rate, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    self.inputDelay = inputDelay ?? rate.frameDuration
    let clock = StreamClock(wall: Self.wall, monotonic: Self.monotonic)
    first = clock.frame(atOrAfter: Self.monotonic, on: segmentation.grid)
    schedule = SlotSchedule(
      segmentation: segmentation, clock: clock, first: first, inputDelay: self.inputDelay,
      initial: -1, slate: slate.map { [$0] } ?? [], arrivals: arrivals)
  }

  /// The due time of frame `first + index` before any skip.
  func due(_ index: Int64) -> MonotonicTime {
    MonotonicTime(
      segmentation.grid.frameTime(of: first + index),
      minus: Self.wall.offset(from: Self.monotonic))
  }

  mutating func offer(
    _ frame: Int, captured: MonotonicTime, aligned: MonotonicTime? = nil, now: MonotonicTime,
    isAtFrameTime: Bool = false
  ) {
    let closed = schedule.offer(
      frame, captured: captured, aligned: aligned, isAtFrameTime: isAtFrameTime, now: now,
      wallMinusMonotonic: wallMinusMonotonic)
    slots += closed.map { ($0, now) }
  }

  mutating func close(at now: MonotonicTime) {
    slots += schedule.close(at: now, wallMinusMonotonic: wallMinusMonotonic).map { ($0, now) }
  }

  /// Runs a camera: its frames are 0, 1, 2… and arrive `latency` after their capture.
  mutating func run(
    seconds: Int64, capturedAt: (Int) -> MonotonicTime, latency: Interval,
    from start: Interval = .zero
  ) {
    var frame = 0
    let begin = due(0) + start
    for step in 0..<seconds * 1000 {
      let now = begin + .milliseconds(step)
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
  var announcements: [ClockShift] { slots.compactMap(\.slot.announcement) }
}
