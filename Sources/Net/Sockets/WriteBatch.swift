// SPDX-License-Identifier: Apache-2.0

import CLinux
package import Sharing

/// Bytes to be written by one call, as addresses without references: an answer retains nothing.
///
/// The caller keeps all appended bytes alive until the batch is written. A stream that writes the
/// batch consumes it, and retains or copies only the bytes that the kernel does not take. Confined
/// to one thread.
@safe
package final class WriteBatch {
  private var pieces: UnsafeMutablePointer<iovec>
  /// The object that contains a piece; nil for lent memory, which is copied to be queued.
  private var owners: UnsafeMutablePointer<Unmanaged<SharedBytes>?>
  private var capacity = 16
  private var start = 0
  private var end = 0
  /// The number of bytes that are not consumed.
  package private(set) var byteCount = 0

  /// An empty batch.
  package init() {
    unsafe pieces = .allocate(capacity: capacity)
    unsafe owners = .allocate(capacity: capacity)
  }

  deinit {
    unsafe pieces.deallocate()
    unsafe owners.deallocate()
  }

  /// The number of pieces that are not consumed.
  package var pieceCount: Int { end - start }

  /// Whether every byte is consumed.
  package var isEmpty: Bool { byteCount == 0 }

  /// Appends all of `bytes`.
  @inline(__always)
  package func append(_ bytes: SharedBytes) {
    unsafe append(bytes.start, bytes.count, Unmanaged.passUnretained(bytes))
  }

  /// Appends a slice.
  @inline(__always)
  package func append(_ slice: ByteSlice) {
    unsafe append(
      slice.bytes.start + slice.offset, slice.count, Unmanaged.passUnretained(slice.bytes))
  }

  /// Appends memory that is valid until the batch is written.
  @unsafe package func append(lent bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    unsafe append(start, bytes.count, nil)
  }

  @inline(__always)
  @unsafe private func append(
    _ bytes: UnsafeRawPointer, _ count: Int, _ owner: Unmanaged<SharedBytes>?
  ) {
    guard count > 0 else { return }
    if end == capacity { grow() }
    unsafe pieces[end] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes), iov_len: count)
    unsafe owners[end] = owner
    end += 1
    byteCount += count
  }

  private func grow() {
    // bounded: the capacity of a batch in memory
    let larger = capacity * 2
    let (morePieces, moreOwners) = (
      UnsafeMutablePointer<iovec>.allocate(capacity: larger),
      UnsafeMutablePointer<Unmanaged<SharedBytes>?>.allocate(capacity: larger)
    )
    unsafe morePieces.update(from: pieces, count: end)
    unsafe moreOwners.update(from: owners, count: end)
    unsafe pieces.deallocate()
    unsafe owners.deallocate()
    unsafe (pieces, owners, capacity) = unsafe (morePieces, moreOwners, larger)
  }

  // MARK: For streams

  /// The pieces that are not consumed.
  var rest: UnsafeMutableBufferPointer<iovec> {
    unsafe UnsafeMutableBufferPointer(start: pieces + start, count: end - start)
  }

  /// Consumes the first `count` bytes; after the last one the batch can be filled again.
  func consume(_ count: Int) {
    byteCount -= count
    guard byteCount > 0 else { return removeAll() }
    var left = count
    while left > 0 {
      let length = unsafe pieces[start].iov_len
      if length > left {
        unsafe pieces[start].iov_base += left
        unsafe pieces[start].iov_len -= left
        return
      }
      left -= length
      start += 1
    }
  }

  /// Consumes the rest, and gives it to `take` as slices, which retain or copy the bytes.
  package func takeRest(_ take: (ByteSlice) -> Void) {
    for index in start..<end {
      let length = unsafe pieces[index].iov_len
      guard let first = unsafe pieces[index].iov_base else { continue }
      if let owner = unsafe owners[index]?.takeUnretainedValue() {
        let offset = unsafe UnsafeRawPointer(first) - owner.start
        take(ByteSlice(owner, offset..<offset + length))
      } else {
        let copy = unsafe SharedBytes(count: length) { target in
          unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: first, count: length))
        }
        take(ByteSlice(copy))
      }
    }
    removeAll()
  }

  /// Consumes everything.
  package func removeAll() {
    start = 0
    end = 0
    byteCount = 0
  }
}

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
