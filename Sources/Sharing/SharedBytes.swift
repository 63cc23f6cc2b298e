// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
package import Time

/// Bytes that are written once and then read by any number of threads; never changed or copied.
///
/// A reference: passing it on costs a retain. The memory is freed with the last reference.
@safe
package final class SharedBytes: @unchecked Sendable {
  /// The first byte; valid during the lifetime of this object.
  @unsafe package let start: UnsafeRawPointer
  /// The number of bytes.
  package let count: Int
  /// The approximate memory of an object, and of its place in the queue of a connection, in bytes.
  package static let objectSize = 96
  /// ``pastDeadline`` in nanoseconds; 0 for nil.
  private let past = Atomic<Int64>(0)

  /// Allocates `count` bytes, all of which `write` must fill.
  package init(count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
    unsafe write(UnsafeMutableRawBufferPointer(start: memory, count: count))
    unsafe self.start = UnsafeRawPointer(memory)
    self.count = count
  }

  /// Copies `bytes`.
  package convenience init(_ bytes: [UInt8]) {
    unsafe self.init(count: bytes.count) { target in unsafe target.copyBytes(from: bytes) }
  }

  /// Copies the UTF-8 bytes of `text`.
  package convenience init(_ text: String) {
    self.init(Array(text.utf8))
  }

  deinit {
    if past.load(ordering: .relaxed) != 0 { PastMedia.remove(count + Self.objectSize) }
    unsafe start.deallocate()
  }

  /// Counts the bytes as ``PastMedia`` until they are freed: they have left their window.
  ///
  /// The first call counts. `deadline` is the time at which responses with them are cut.
  package func leaveWindow(until deadline: MonotonicTime) {
    let (isFirst, _) = past.compareExchange(
      expected: 0, desired: max(1, deadline.nanoseconds), ordering: .relaxed)
    if isFirst { PastMedia.add(count + Self.objectSize) }
  }

  /// When responses with the bytes are cut; nil if the bytes have left no window.
  package var pastDeadline: MonotonicTime? {
    let nanoseconds = past.load(ordering: .relaxed)
    return nanoseconds == 0 ? nil : MonotonicTime(nanoseconds: nanoseconds)
  }

  /// Lends the bytes to `body` during the call.
  package func withBytes<Result, Failure: Error>(
    _ body: (borrowing RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(unsafe RawSpan(_unsafeStart: start, byteCount: count))
  }

  /// A copy of the first `count` bytes, or of all if there are fewer.
  package func prefix(_ count: Int) -> [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: start, count: min(max(0, count), self.count)))
  }

  /// A copy as an array, for tests and rare uses.
  package var array: [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}
