// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

extension MessagePipe {
  /// The connection of a child to its parent.
  ///
  /// From then on the process ignores the signals of a terminal: its parent ends it.
  ///
  /// - Parameters:
  ///   - argument: the first argument of such a child.
  ///   - arguments: those of this process.
  /// - Returns: nil in a process that is no such child.
  package static func toParent(_ argument: String, in arguments: [String]) -> MessagePipe? {
    guard arguments.dropFirst().first == argument, isSocket(ChildProcess.socket) else { return nil }
    for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
      _ = clinux_ignore_signal(signal)
    }
    return MessagePipe(ChildProcess.socket)
  }
}
