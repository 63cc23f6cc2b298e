// SPDX-License-Identifier: Apache-2.0

import CLinux
import Sharing

/// Receives the signals of a person or a supervisor, on a thread of its own.
///
/// Call `block()` first in main: threads inherit the mask, and the kernel delivers a signal to any
/// thread that does not block it.
package enum SignalWaiter {
  /// A signal of an operator.
  package enum Signal: Sendable, CaseIterable {
    /// SIGTERM: stop.
    case terminate
    /// SIGINT: stop, from the keyboard.
    case interrupt
    /// SIGUSR1: open the access log again.
    case user1
    /// SIGUSR2: leave the streams to another process.
    case user2
    /// SIGHUP: reload the configuration.
    case hangup

    var number: Int32 {
      switch self {
      case .terminate: SIGTERM
      case .interrupt: SIGINT
      case .user1: SIGUSR1
      case .user2: SIGUSR2
      case .hangup: SIGHUP
      }
    }
  }

  /// Blocks these signals in the calling thread and its later threads, and ignores SIGPIPE.
  package static func block() {
    _ = clinux_ignore_signal(SIGPIPE)
    var set = self.set
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Calls `handle` for each signal, on a thread that lives as long as the process.
  package static func start(_ handle: @escaping @Sendable (Signal) -> Void) throws(SystemError) {
    let thread = OSThread(name: "signals") {
      var set = self.set
      while true {
        var number: Int32 = 0
        guard unsafe sigwait(&set, &number) == 0 else { continue }
        if let signal = Signal.allCases.first(where: { $0.number == number }) { handle(signal) }
      }
    }
    if thread == nil { throw SystemError("pthread_create", EAGAIN) }
  }

  private static var set: sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in Signal.allCases { unsafe sigaddset(&set, signal.number) }
    return set
  }
}
