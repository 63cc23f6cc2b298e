// SPDX-License-Identifier: Apache-2.0

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
