// SPDX-License-Identifier: Apache-2.0

import Packaging
import Time

/// The readers of an open segment, and the early readers, whose segment has not begun.
///
/// Confined to one loop's thread.
struct OpenSegmentReaders {
  private var readers: [OpenSegmentReader] = []
  private var early: [OpenSegmentReader] = []
  /// The earliest deadline of an early reader, or an earlier time.
  private(set) var nextDeadline = MonotonicTime.distantFuture

  /// The number of all readers.
  var count: Int { readers.count + early.count }

  /// Adds a reader that has got all current chunks.
  mutating func keep(_ reader: OpenSegmentReader) {
    if reader.response.hasBegun {
      readers.append(reader)
    } else {
      early.append(reader)
      nextDeadline = min(nextDeadline, reader.deadline)
    }
  }

  /// Sends the new chunks of `snapshot` to all readers and removes the readers that are done.
  mutating func advance(_ snapshot: WindowSnapshot, now: MonotonicTime) {
    if !readers.isEmpty { readers.removeAll { $0.advance(snapshot, now: now) == .done } }
    guard !early.isEmpty else { return }
    for reader in takeEarly() where reader.advance(snapshot, now: now) == .reading {
      keep(reader)
    }
  }

  /// Removes a reader that is done.
  mutating func remove(_ reader: OpenSegmentReader) {
    readers.removeAll { $0 === reader }
  }

  /// Refuses the early readers whose deadline has passed, and returns their number.
  mutating func expire(_ now: MonotonicTime) -> Int {
    guard nextDeadline <= now else { return 0 }
    var count = 0
    for reader in takeEarly() where !reader.response.isGone {
      if reader.deadline <= now {
        reader.expire()
        count += 1
      } else {
        keep(reader)
      }
    }
    return count
  }

  /// Removes and returns all readers.
  mutating func takeAll() -> [OpenSegmentReader] {
    defer { self = OpenSegmentReaders() }
    return readers + early
  }

  private mutating func takeEarly() -> [OpenSegmentReader] {
    defer { (early, nextDeadline) = ([], .distantFuture) }
    return early
  }
}
