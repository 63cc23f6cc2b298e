// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Sharing
import Time

/// Connects a source to its encoders: the schedule that assigns frames to slots, and their queues.
///
/// Several threads close slots. The lock of the schedule is held while slots are queued, so that
/// they are queued in order.
final class SlotFeed: Sendable {
  /// Gets the index of the first slot that shows a frame or a later one, before an encoder can take
  /// the slot; it does not block, and returns the rest of its work.
  typealias Shown = (Int64) -> (() -> Void)?

  private struct Slots {
    var schedule: SlotSchedule<VideoFrame>
    var captions = CaptionQueue()
  }

  private struct State {
    /// Nil before the feed is open.
    var slots: Slots?
    /// The newest frame that was offered before.
    var early: VideoFrame?
  }

  private let state = Locked(State())
  private let opened = Monitor<Bool>(false)
  /// One queue per rendition.
  private let queues: [Monitor<EncoderQueue<VideoFrame>>]

  /// A feed of `renditions` encoders in which `capacity` waiting slots keep their own frames.
  init(renditions: Int, capacity: Int) {
    queues = (0..<renditions).map { _ in Monitor(EncoderQueue(capacity: capacity)) }
  }

  /// The newest frame that was offered before the slots began; nil without one.
  ///
  /// It is shown until the next one, which of a slow source comes seconds later.
  var newestBeforeOpening: VideoFrame? { state.withLock { $0.early } }

  /// Begins the slots; frames that were offered before have none.
  func open(_ first: SlotSchedule<VideoFrame>) {
    state.withLock { $0 = State(slots: Slots(schedule: first)) }
    opened.update { $0 = true }
  }

  /// Blocks until ``open(_:)`` or ``close()`` was called.
  func waitUntilOpen() { _ = opened.wait { $0 ? true : nil } }

  /// Ends the slots: the encoders end after the waiting slots.
  func close() {
    for queue in queues { queue.update { $0.close() } }
    opened.update { $0 = true }
  }

  /// The next slot of a rendition, in order, and the number of slots that wait behind it; blocks.
  ///
  /// Nil when the feed is closed and empty.
  func next(_ rendition: Int) -> (slot: FrameSlot<VideoFrame>, waiting: Int)? {
    let found: (FrameSlot<VideoFrame>, Int)?? = queues[rendition].wait { queue in
      if let slot = queue.pop() { return .some((slot, queue.count)) }
      return queue.isClosed ? .some(nil) : nil
    }
    return found ?? nil
  }

  /// Offers a frame with its captions;
  /// see ``SlotSchedule/offer(_:captured:aligned:isAtFrameTime:now:wallMinusMonotonic:)``.
  ///
  /// See ``Shown`` for `shown`.
  func offer(
    _ frame: VideoFrame, captured: MonotonicTime, aligned: MonotonicTime? = nil,
    isAtFrameTime: Bool = false, captions: [UInt8] = [], shown: Shown? = nil
  ) {
    var then: (() -> Void)?
    change(early: frame) { changed in
      changed.captions.add(captions, at: aligned ?? captured)
      let slots = changed.schedule.offer(
        frame, captured: captured, aligned: aligned, isAtFrameTime: isAtFrameTime,
        now: SystemClock.monotonicTime, wallMinusMonotonic: SystemClock.wallMinusMonotonic)
      // A late frame becomes the next repeat.
      then = shown?(slots.last?.frameIndex ?? changed.schedule.nextFrameIndex)
      return slots
    }
    then?()
  }

  /// Closes the slots whose closing time has passed.
  func closeDueSlots() {
    change { changed in
      changed.schedule.close(
        at: SystemClock.monotonicTime, wallMinusMonotonic: SystemClock.wallMinusMonotonic)
    }
  }

  /// Closes the slots on time, for sources that may be late or missing; runs until stopped.
  func closeSlots(until stop: StopFlag) {
    SystemClock.sharpenSleep()
    waitUntilOpen()
    // A frame of an input may be shown for minutes.
    while let closing = read({ $0.nextClosing }), stop.sleep(until: closing) { closeDueSlots() }
  }

  /// Reads the schedule; nil before the feed is open.
  func read<Value: Sendable>(_ body: (SlotSchedule<VideoFrame>) -> Value) -> Value? {
    state.withLock { state in state.slots.map { body($0.schedule) } }
  }

  private func change(
    early frame: VideoFrame? = nil, _ body: (inout Slots) -> [FrameSlot<VideoFrame>]
  ) {
    state.withLock { state in
      guard var changed = state.slots else {
        state.early = frame ?? state.early
        return
      }
      var slots = body(&changed)
      // A frame has the slot whose time is nearest.
      let reach = changed.schedule.slotDuration / 2
      for index in slots.indices {
        slots[index].captions = changed.captions.take(before: slots[index].due + reach)
      }
      state.slots = changed
      guard !slots.isEmpty else { return }
      for queue in queues { queue.update { $0.push(slots) } }
    }
  }
}
