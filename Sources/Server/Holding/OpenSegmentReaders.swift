// SPDX-License-Identifier: Apache-2.0

import Packaging

/// Those who read the open segment as it grows, and those whose segment has not begun.
///
/// Confined to its loop.
struct OpenSegmentReaders {
  private var readers: [OpenSegmentReader] = []
  private var early: [OpenSegmentReader] = []
  /// The earliest moment at which one whose segment has not begun is let go, or an earlier one; monotonic nanoseconds.
  private(set) var nextDeadline = Int64.max

  /// How many there are.
  var count: Int { readers.count + early.count }

  /// Takes one in that was given what there is.
  mutating func keep(_ reader: OpenSegmentReader) {
    if reader.hasBegun {
      readers.append(reader)
    } else {
      early.append(reader)
      nextDeadline = min(nextDeadline, reader.deadline)
    }
  }

  /// Gives each what `snapshot` has beyond what it was given, and forgets who is done with.
  mutating func advance(_ snapshot: WindowSnapshot, now: Int64) {
    if !readers.isEmpty { readers.removeAll { $0.advance(snapshot, now: now) == .done } }
    guard !early.isEmpty else { return }
    for reader in takeEarly() where reader.advance(snapshot, now: now) == .follows {
      keep(reader)
    }
  }

  /// Refuses those whose segment did not begin in time.
  ///
  /// - Returns: how many.
  mutating func expire(_ now: Int64) -> Int {
    guard nextDeadline <= now else { return 0 }
    var count = 0
    for reader in takeEarly() where !reader.isGone {
      if reader.deadline <= now {
        reader.expire()
        count += 1
      } else {
        keep(reader)
      }
    }
    return count
  }

  /// Gives all away; none is left.
  mutating func takeAll() -> [OpenSegmentReader] {
    defer { self = OpenSegmentReaders() }
    return readers + early
  }

  private mutating func takeEarly() -> [OpenSegmentReader] {
    defer { (early, nextDeadline) = ([], .max) }
    return early
  }
}
