// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// A range of shared bytes: the unit of writing to a stream.
///
/// The bytes are never copied.
package struct ByteSlice: Sendable {
  /// The bytes that contain the range.
  package let bytes: SharedBytes
  /// The start of the range in `bytes`.
  package private(set) var offset: Int
  /// The length of the range, in bytes.
  package private(set) var count: Int

  /// All of `bytes`.
  package init(_ bytes: SharedBytes) {
    self.bytes = bytes
    offset = 0
    count = bytes.count
  }

  /// The bytes in `range`, which must be within `bytes`.
  package init(_ bytes: SharedBytes, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    self.bytes = bytes
    offset = range.lowerBound
    count = range.count
  }

  /// The first `limit` bytes; all bytes if the slice is shorter.
  func prefix(_ limit: Int) -> ByteSlice {
    var slice = self
    slice.count = min(count, limit)
    return slice
  }

  /// Removes the first `count` bytes.
  mutating func dropFirst(_ count: Int) {
    precondition(count <= self.count)
    offset += count
    self.count -= count
  }
}
