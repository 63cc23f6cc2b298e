// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing

/// Sends pieces of bytes to a socket, by one system call for each call.
///
/// Each function returns the number of bytes, or a negative errno.
enum SocketSending {
  /// The slices that one system call writes at most.
  static let sliceCapacity = 64

  /// Sends at most ``sliceCapacity`` slices from `cursor` on.
  static func send(
    _ slices: [ByteSlice], from cursor: SliceCursor, to descriptor: Int32
  ) -> Int {
    let count = min(slices.count - cursor.index, sliceCapacity)
    return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: count) { pieces in
      for index in 0..<count {
        let slice = slices[cursor.index + index]
        let skip = index == 0 ? cursor.offset : 0
        let start = unsafe UnsafeMutableRawPointer(
          mutating: slice.bytes.start + slice.offset + skip)
        unsafe pieces.initializeElement(
          at: index, to: iovec(iov_base: start, iov_len: slice.count - skip))
      }
      guard let start = pieces.baseAddress else { return 0 }
      return unsafe clinux_send(descriptor, start, count)
    }
  }

  /// Copies pieces into `buffer`, which is large enough for all of them, and sends it.
  @unsafe static func send(
    gathering pieces: Slice<UnsafeMutableBufferPointer<iovec>>,
    in buffer: UnsafeMutableRawBufferPointer, to descriptor: Int32
  ) -> Int {
    guard let target = buffer.baseAddress else { return 0 }
    var count = 0
    for index in unsafe pieces.indices {
      let length = unsafe pieces[index].iov_len
      guard let start = unsafe pieces[index].iov_base else { continue }
      unsafe memcpy(target + count, start, length)
      count += length
    }
    return unsafe clinux_send_bytes(descriptor, target, count)
  }
}
