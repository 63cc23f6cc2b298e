// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// Asks threads to end; once set it stays set.
final class StopFlag: Sendable {
  private let flag = Locked(false)

  /// Whether threads must end.
  var isSet: Bool { flag.withLock { $0 } }

  /// Asks threads to end.
  func set() { flag.withLock { $0 = true } }

  /// Sleeps until `deadline`, which may be far away, or until the flag is set.
  ///
  /// - Returns: whether the thread may continue.
  func sleep(until deadline: MonotonicTime) -> Bool {
    while !isSet {
      let now = SystemClock.monotonicTime
      guard now < deadline else { return true }
      SystemClock.sleep(until: min(deadline, now + .milliseconds(200)))
    }
    return false
  }
}
