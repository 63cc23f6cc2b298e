// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import Time

/// Tells the supervisor that the service is ready, that it stops, and that it still runs.
///
/// - Source: sd_notify(3), sd_watchdog_enabled(3)
package struct ServiceNotifier: Sendable {
  /// A state of the service.
  package enum State: String, Sendable {
    case ready = "READY=1"
    case stopping = "STOPPING=1"
    case alive = "WATCHDOG=1"
  }

  private let path: String
  /// How often the supervisor expects a sign of life; nil if it expects none.
  package let watchdogInterval: Interval?

  /// The notifier of this process; nil without a supervisor that listens.
  package static func ofProcess() -> ServiceNotifier? {
    ServiceNotifier(environment: SystemEnvironment.value)
  }

  /// The notifier of the variables `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`; nil without
  /// a supervisor that listens.
  package init?(processID: Int32 = getpid(), environment: (String) -> String?) {
    guard let path = environment("NOTIFY_SOCKET"), path.hasPrefix("/") || path.hasPrefix("@"),
      path.utf8.count > 1, path.utf8.count < 108
    else { return nil }
    self.path = path
    let isForThis = environment("WATCHDOG_PID").map { Int32($0) == processID } ?? true
    let interval = environment("WATCHDOG_USEC").flatMap { Int64($0) }
    watchdogInterval =
      isForThis
      ? interval.flatMap { (1...1_000_000_000_000).contains($0) ? .microseconds($0) : nil } : nil
  }

  /// Sends a state; a supervisor that is gone is no error.
  package func send(_ state: State) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let message = Array(state.rawValue.utf8)
    _ = unsafe LocalAddress.with(path) { address, size in
      unsafe sendto(
        descriptor, message, message.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT), address, size)
    }
  }
}
