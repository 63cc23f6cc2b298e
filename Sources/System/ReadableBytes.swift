// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Sharing

/// Bytes at positions that are read when they are sent: those of a file, or of another machine.
///
/// Every call may block.
package protocol ReadableBytes: Sendable {
  /// Fills memory from `offset` on.
  ///
  /// - Returns: the number of bytes, which is smaller at the end.
  @unsafe func fill(
    _ memory: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int
  /// Sends the bytes in `range` to a socket that does not block.
  ///
  /// - Returns: the bytes that the socket took; nil if it takes none now; 0 at the end.
  func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int?
}

extension SharedBytes {
  /// Sends the bytes in `range` to a socket that does not block; see ``ReadableBytes``.
  package func send(_ range: Range<Int>, to socket: Int32) throws(SystemError) -> Int? {
    let range = range.clamped(to: 0..<count)
    let sent = unsafe clinux_send_bytes(socket, start + range.lowerBound, range.count)
    if sent >= 0 { return sent }
    guard sent == -Int(EAGAIN) else { throw SystemError("send", Int32(clamping: -sent)) }
    return nil
  }
}
