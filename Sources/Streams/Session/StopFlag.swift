// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// Asks threads to end; once set it stays set.
final class StopFlag: Sendable {
  private let flag = Monitor(false)

  /// Whether threads must end.
  var isSet: Bool { flag.read { $0 } }

  /// Asks threads to end.
  func set() { flag.update { $0 = true } }

  /// Sleeps until `deadline`, or until the flag is set.
  ///
  /// - Returns: whether the thread may continue.
  func sleep(until deadline: MonotonicTime) -> Bool {
    flag.wait(until: deadline) { $0 ? true : nil } == nil
  }
}
