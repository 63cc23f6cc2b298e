// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// Slices that wait until a peer takes them; removed at the front in pieces of any size, without a
/// copy of their bytes.
package struct SliceQueue: Sendable {
  /// The slices; those before `cursor` are consumed.
  package private(set) var slices: [ByteSlice] = []
  /// The position of the first byte that waits.
  package private(set) var cursor = SliceCursor()
  /// The number of bytes that wait.
  package private(set) var byteCount = 0

  /// The fewest slices whose list counts as past media: a clip has thousands.
  private static let longList = 256
  /// The memory of a long list.
  private var list: PastMedia.List?

  /// An empty queue.
  package init() {}

  /// Whether no byte waits.
  package var isEmpty: Bool { byteCount == 0 }

  /// The earliest deadline of past media that the queue keeps, or of its long list; nil without.
  package var pastDeadline: MonotonicTime? {
    let media = Self.pastDeadline(slices)
    guard let list else { return media }
    return min(media ?? .distantFuture, list.deadline)
  }

  /// The earliest deadline of past media in `slices`; nil if it has none.
  package static func pastDeadline(_ slices: [ByteSlice]) -> MonotonicTime? {
    var earliest: MonotonicTime?
    for slice in slices {
      guard let deadline = slice.bytes.pastDeadline else { continue }
      if deadline < earliest ?? .distantFuture { earliest = deadline }
    }
    return earliest
  }

  /// Appends what a batch has not consumed; an empty queue gets room for these slices only.
  mutating func append(restOf batch: WriteBatch) {
    guard !batch.isEmpty else { return }
    // A queue that grows again and again grows to its double each time.
    if isEmpty { slices.reserveCapacity(batch.pieceCount) }
    batch.takeRest { append($0) }
  }

  private mutating func countList(of count: Int) {
    let size = count * MemoryLayout<ByteSlice>.stride  // bounded: the size of an array
    guard count >= Self.longList, size > list?.byteCount ?? 0 else { return }
    list = PastMedia.List(byteCount: size)
  }

  /// Appends a slice; an empty one is left out.
  package mutating func append(_ slice: ByteSlice) {
    guard slice.count > 0 else { return }
    slices.append(slice)
    byteCount += slice.count
    if slices.count >= Self.longList { countList(of: slices.capacity) }
  }

  /// Appends slices; an empty queue shares the array.
  package mutating func append(contentsOf more: [ByteSlice]) {
    if byteCount == 0 { slices = more } else { slices.append(contentsOf: more) }
    countList(of: slices.count)
    byteCount += more.reduce(0) { $0 + $1.count }
  }

  /// Removes the first `count` bytes, at most `byteCount`; frees the storage with the last byte.
  package mutating func removeFirst(_ count: Int) {
    precondition(count <= byteCount)
    byteCount -= count
    guard byteCount > 0 else { return removeAll() }
    cursor.advance(count, in: slices)
    if cursor.index >= 64 {
      slices.removeFirst(cursor.index)
      cursor.removedConsumed()
    }
  }

  /// Removes the first `count` bytes, at most `byteCount`, and gives them to `take` slice by slice.
  package mutating func removeFirst(_ count: Int, _ take: (ByteSlice) -> Void) {
    var front = cursor
    var left = count
    while left > 0, let slice = front.next(left, of: slices) {
      take(slice)
      left -= slice.count
    }
    removeFirst(count)
  }

  /// Removes everything.
  package mutating func removeAll() { self = SliceQueue() }
}

/// A position in a sequence of slices: the bytes before it have been consumed.
///
/// The sequence is an argument of every function and must be the same one, except for slices that
/// are appended.
package struct SliceCursor: Sendable {
  /// The index of the slice in which the next byte is.
  package private(set) var index = 0
  /// The number of consumed bytes of that slice.
  package private(set) var offset = 0

  /// A cursor before the first byte.
  package init() {}

  /// The rest of the slice at `index`; nil after the last slice.
  package func rest(of slices: [ByteSlice]) -> ByteSlice? {
    guard index < slices.count else { return nil }
    var slice = slices[index]
    slice.dropFirst(offset)
    return slice
  }

  /// Consumes `count` bytes, and the empty slices after them.
  package mutating func advance(_ count: Int, in slices: [ByteSlice]) {
    offset += count
    while index < slices.count, offset >= slices[index].count {
      offset -= slices[index].count
      index += 1
    }
  }

  /// Consumes the rest of the slice at `index`, at most `limit` bytes of it, and returns it.
  package mutating func next(_ limit: Int = .max, of slices: [ByteSlice]) -> ByteSlice? {
    guard let slice = rest(of: slices) else { return nil }
    let taken = slice.prefix(limit)
    advance(taken.count, in: slices)
    return taken
  }

  /// Follows the removal of all slices before `index`.
  mutating func removedConsumed() { index = 0 }
}
