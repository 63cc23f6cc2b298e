// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Where child processes report that they are ready and still run.
///
/// The kernel names the sender, so no other process can speak for a child.
///
/// - Source: sd_notify(3)
package final class NoticeSocket: Sendable {
  private let descriptor: Int32
  /// The address, for the variable `NOTIFY_SOCKET`.
  package let path: String

  /// An abstract address that the kernel chooses.
  package init() throws(SystemError) {
    var name = [CChar](repeating: 0, count: 108)
    let result = unsafe clinux_notice_socket(&name, name.count)
    guard result >= 0 else { throw SystemError("socket", -result) }
    descriptor = result
    let bytes = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    path = "@" + String(decoding: bytes, as: UTF8.self)
  }

  deinit { close(descriptor) }

  /// Waits for a notice that a process is ready or still runs.
  ///
  /// - Returns: the id of the process; nil if the socket has failed.
  package func next() -> Int32? {
    while true {
      var buffer = [UInt8](repeating: 0, count: 256)
      var sender: Int32 = 0
      let count = unsafe clinux_receive_notice(descriptor, &buffer, buffer.count, &sender)
      guard count >= 0 else { return nil }
      // bounded: the call returns at most the size of the buffer
      let lines = String(decoding: buffer[..<Int(count)], as: UTF8.self).split(separator: "\n")
      let states = [ServiceNotifier.State.ready, .alive].map(\.rawValue)
      if sender > 0, lines.contains(where: { states.contains(String($0)) }) { return sender }
    }
  }
}
