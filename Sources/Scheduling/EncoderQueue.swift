// SPDX-License-Identifier: Apache-2.0

/// The frame slots that wait for an encoder: a pure state machine.
///
/// Every slot is encoded, in order. If more than one part's worth waits, the newest frame replaces
/// the frames of the waiting slots: the encoder catches up by repeating, and old frames are freed.
package struct EncoderQueue<Frame: Sendable>: Sendable {
  private let capacity: Int
  private var slots: [FrameSlot<Frame>] = []
  private var head = 0
  /// Whether ``close()`` was called.
  package private(set) var isClosed = false

  /// A queue in which up to `capacity` waiting slots (at least one) keep their own frames.
  package init(capacity: Int) { self.capacity = max(1, capacity) }

  /// The number of waiting slots.
  package var count: Int { slots.count - head }

  /// Adds slots, oldest first.
  package mutating func push(_ new: [FrameSlot<Frame>]) {
    guard !isClosed, let newest = new.last else { return }
    slots.append(contentsOf: new)
    guard count > capacity else { return }
    for index in head..<slots.count - 1 { slots[index].frame = newest.frame }
  }

  /// Removes and returns the oldest slot.
  package mutating func pop() -> FrameSlot<Frame>? {
    guard head < slots.count else { return nil }
    defer {
      head += 1
      // Popped slots keep their frames until they are removed here; a queue that is never empty
      // would keep them all.
      // bounded: the number of waiting slots is small
      if head == slots.count || head > capacity && 2 * head >= slots.count {
        slots.removeFirst(head)
        head = 0
      }
    }
    return slots[head]
  }

  /// Refuses new slots and keeps the oldest part's worth, so that the encoder soon ends.
  package mutating func close() {
    isClosed = true
    slots.removeLast(max(0, count - capacity))
  }
}
