// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Sharing

/// Ends the present and all later calls of clients, from any thread.
package final class ClientCancellation: Sendable {
  /// Readable once cancelled; negative if the system has no descriptor left.
  let descriptor = clinux_eventfd()
  private let isSet = Locked(false)

  /// A cancellation that is not set.
  package init() {}

  deinit { if descriptor >= 0 { CLinux.close(descriptor) } }

  /// Cancels.
  package func cancel() {
    isSet.withLock { $0 = true }
    if descriptor >= 0 { eventfd_write(descriptor, 1) }
  }

  /// Whether it is cancelled.
  package var isCancelled: Bool { isSet.withLock { $0 } }
}
