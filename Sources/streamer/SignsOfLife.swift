// SPDX-License-Identifier: Apache-2.0

import Server
import Sharing
import System
import Time

/// Tells the supervisor regularly that all event loops still run.
enum SignsOfLife {
  /// Starts the thread, if the supervisor expects a sign of life.
  static func start(_ notifier: ServiceNotifier, _ server: StreamServer) {
    guard let interval = notifier.watchdogInterval else { return }
    _ = OSThread(name: "watchdog") {
      // Twice per interval, as sd_watchdog_enabled(3) recommends.
      let step = interval / 2
      while true {
        let began = SystemClock.monotonicTime
        if server.responds(until: began + step) { notifier.send(.alive) }
        SystemClock.sleep(until: began + step)
      }
    }
  }
}
