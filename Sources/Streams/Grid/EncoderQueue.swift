// SPDX-License-Identifier: Apache-2.0

/// The slots that wait for an encoder: a pure state machine.
///
/// Every slot is encoded, in order. When more than a part's worth waits, the newest picture takes the place of the
/// waiting ones: the encoder catches up by repeating, and no old picture is kept.
struct EncoderQueue<Image: Sendable>: Sendable {
  private let capacity: Int
  private var slots: [FrameSlot<Image>] = []
  private var head = 0
  private(set) var isClosed = false

  /// Keeps the pictures of `capacity` waiting slots apart, at least one.
  init(capacity: Int) { self.capacity = max(1, capacity) }

  /// How many slots wait.
  var count: Int { slots.count - head }

  /// Adds slots, oldest first.
  mutating func push(_ new: [FrameSlot<Image>]) {
    guard !isClosed, let newest = new.last else { return }
    slots.append(contentsOf: new)
    guard count > capacity else { return }
    for place in head..<slots.count - 1 { slots[place].image = newest.image }
  }

  /// The oldest slot.
  mutating func pop() -> FrameSlot<Image>? {
    guard head < slots.count else { return nil }
    defer {
      head += 1
      // Slots that were taken hold their pictures until they are removed; an encoder that always has one more waiting
      // would keep them all.
      if head == slots.count || head > capacity && 2 * head >= slots.count {
        slots.removeFirst(head)
        head = 0
      }
    }
    return slots[head]
  }

  /// No more slots come; of those that wait a part's worth is still encoded, so that the end does not take long.
  mutating func close() {
    isClosed = true
    slots.removeLast(max(0, count - capacity))
  }
}
