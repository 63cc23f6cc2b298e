// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Sharing

/// Between a source and an encoder: the schedule that gives pictures their ticks, and the slots that wait.
///
/// The lock of the schedule is held while slots are handed over, so that they arrive in order whoever closes them.
final class SlotFeed: Sendable {
  private let schedule = Locked<SlotSchedule<VideoFrame>?>(nil)
  private let opened = Monitor<Bool>(false)
  /// One queue for each rung.
  private let pending: [Monitor<EncoderQueue<VideoFrame>>]

  /// A feed for `renditions` encoders that keeps the pictures of `capacity` waiting slots apart for each.
  init(renditions: Int, capacity: Int) {
    pending = (0..<renditions).map { _ in Monitor(EncoderQueue(capacity: capacity)) }
  }

  /// Says from which frame on slots are wanted; what was offered before is forgotten.
  func open(_ first: SlotSchedule<VideoFrame>) {
    schedule.withLock { $0 = first }
    opened.update { $0 = true }
  }

  /// Blocks until ``open(_:)`` or ``close()`` was called.
  func waitUntilOpen() { _ = opened.wait { $0 ? true : nil } }

  /// No more slots: the encoder ends after those that wait.
  func close() {
    for queue in pending { queue.update { $0.close() } }
    opened.update { $0 = true }
  }

  /// The next slot in order; blocks.
  ///
  /// Nil when the feed is closed and all were taken.
  func next(_ rendition: Int) -> FrameSlot<VideoFrame>? {
    let found: FrameSlot<VideoFrame>?? = pending[rendition].wait { waiting in
      if let slot = waiting.pop() { return .some(slot) }
      return waiting.isClosed ? .some(nil) : nil
    }
    return found ?? nil
  }

  /// Offers a picture; see ``SlotSchedule/offer(_:captured:placed:isTick:now:wallMinusMonotonic:)``.
  func offer(_ picture: VideoFrame, captured: Int64, placed: Int64? = nil, isTick: Bool) {
    change { schedule in
      schedule.offer(
        picture, captured: captured, placed: placed, isTick: isTick, now: SystemClock.monotonic,
        wallMinusMonotonic: SystemClock.wallMinusMonotonic)
    }
  }

  /// Closes the slots whose time has come.
  func closeDueSlots() {
    change { schedule in
      schedule.close(
        at: SystemClock.monotonic, wallMinusMonotonic: SystemClock.wallMinusMonotonic)
    }
  }

  /// Reads the schedule; nil before the feed is open.
  func read<Value: Sendable>(_ body: (SlotSchedule<VideoFrame>) -> Value) -> Value? {
    schedule.withLock { schedule in
      guard let schedule else { return nil }
      return body(schedule)
    }
  }

  private func change(_ body: (inout SlotSchedule<VideoFrame>) -> [FrameSlot<VideoFrame>]) {
    schedule.withLock { schedule in
      guard var changed = schedule else { return }
      let slots = body(&changed)
      schedule = changed
      guard !slots.isEmpty else { return }
      for queue in pending { queue.update { $0.push(slots) } }
    }
  }
}
