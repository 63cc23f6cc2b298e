// SPDX-License-Identifier: Apache-2.0

import Sharing

/// Tells threads to leave; once set it stays set.
final class StopFlag: Sendable {
  private let flag = Locked(false)

  /// Whether to leave.
  var isSet: Bool { flag.withLock { $0 } }

  /// Asks to leave.
  func set() { flag.withLock { $0 = true } }
}
