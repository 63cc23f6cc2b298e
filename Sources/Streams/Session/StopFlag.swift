// SPDX-License-Identifier: Apache-2.0

import Sharing

/// Asks threads to end; once set it stays set.
final class StopFlag: Sendable {
  private let flag = Locked(false)

  /// Whether threads must end.
  var isSet: Bool { flag.withLock { $0 } }

  /// Asks threads to end.
  func set() { flag.withLock { $0 = true } }
}
