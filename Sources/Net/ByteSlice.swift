// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A run of bytes inside shared bytes: what is written to a stream, never copied.
package struct ByteSlice: Sendable {
  /// The bytes it is a part of.
  package let bytes: SharedBytes
  /// Where it begins in them.
  package private(set) var offset: Int
  /// How many bytes it has.
  package private(set) var count: Int

  /// All of `bytes`.
  package init(_ bytes: SharedBytes) {
    self.bytes = bytes
    offset = 0
    count = bytes.count
  }

  /// The bytes in `range`, which must lie inside `bytes`.
  package init(_ bytes: SharedBytes, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    self.bytes = bytes
    offset = range.lowerBound
    count = range.count
  }

  /// Takes the first `count` bytes off.
  mutating func drop(_ count: Int) {
    precondition(count <= self.count)
    offset += count
    self.count -= count
  }
}

/// Slices that wait for a peer to take what was written before.
struct SliceQueue {
  private(set) var slices: [ByteSlice] = []
  /// How many at the front of `slices` are written already.
  private(set) var first = 0
  private(set) var byteCount = 0

  var isEmpty: Bool { byteCount == 0 }

  mutating func append(_ slice: ByteSlice) {
    guard slice.count > 0 else { return }
    slices.append(slice)
    byteCount += slice.count
  }

  /// Takes off the front what has been written; frees the storage with the last byte.
  mutating func drop(_ written: Int) {
    byteCount -= written
    if byteCount == 0 {
      slices = []
      first = 0
      return
    }
    var left = written
    while left >= slices[first].count {
      left -= slices[first].count
      first += 1
    }
    slices[first].drop(left)
    if first >= 64 {
      slices.removeFirst(first)
      first = 0
    }
  }

  mutating func removeAll() {
    self = SliceQueue()
  }
}

/// What waits in a connection, and how fast it goes: most connections have none.
final class SendQueue {
  var slices = SliceQueue()
  var pace: ThroughputGuard

  init(now: Int64) { pace = ThroughputGuard(now: now) }
}
