// SPDX-License-Identifier: Apache-2.0

import Net

/// Slices of a body that wait for the peer's window; taken off the front in pieces of any size,
/// without a copy.
struct PendingBody {
  private var slices: [ByteSlice] = []
  /// How many at the front are taken already, and how many bytes of the next.
  private var first = 0
  private var offset = 0
  /// Bytes that wait.
  private(set) var byteCount = 0

  var isEmpty: Bool { byteCount == 0 }

  mutating func append(_ slice: ByteSlice) {
    guard slice.count > 0 else { return }
    if byteCount == 0 { removeAll() }
    slices.append(slice)
    byteCount += slice.count
  }

  /// Takes over a whole body; the array is shared, not copied.
  mutating func append(contentsOf body: [ByteSlice]) {
    if byteCount == 0 {
      slices = body
      (first, offset) = (0, 0)
    } else {
      slices.append(contentsOf: body)
    }
    byteCount += body.reduce(0) { $0 + $1.count }
  }

  /// Moves the next `count` bytes, of which there must be as many, to `target`.
  mutating func take(_ count: Int, _ target: (ByteSlice) -> Void) {
    precondition(count <= byteCount)
    var left = count
    while left > 0 {
      let slice = slices[first]
      let taken = min(left, slice.count - offset)
      let start = slice.offset + offset
      target(ByteSlice(slice.bytes, start..<start + taken))
      left -= taken
      offset += taken
      if offset == slice.count {
        first += 1
        offset = 0
      }
    }
    byteCount -= count
    if byteCount == 0 { removeAll() }
  }

  mutating func removeAll() { self = PendingBody() }
}
