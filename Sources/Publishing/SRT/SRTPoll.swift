// SPDX-License-Identifier: Apache-2.0

import CSRT
import Time

/// Waits for sockets of libsrt, by the library's own poll.
@safe
struct SRTPoll: Sendable {
  private let number: Int32

  /// Nil if the system refuses a poll.
  init?() {
    number = srt_epoll_create()
    guard number >= 0 else { return nil }
  }

  /// Reports a socket that has payloads, callers or an error, until it is closed.
  func watch(_ socket: SRTSocket) -> Bool { csrt_watch(number, socket.number) == 0 }

  /// Ends the reports of a socket.
  func forget(_ socket: SRTSocket) { _ = srt_epoll_remove_usock(number, socket.number) }

  /// Waits for sockets.
  ///
  /// - Returns: the sockets to read; none at the end of `time`.
  func wait(_ time: Interval) -> [SRTSocket] {
    var ready = [Int32](repeating: 0, count: 64)
    let count = unsafe csrt_wait(
      number, &ready, Int32(ready.count), Int32(clamping: time.milliseconds))
    return ready.prefix(Int(count)).map(SRTSocket.init)
  }

  /// Releases the poll.
  func close() { _ = srt_epoll_release(number) }
}
