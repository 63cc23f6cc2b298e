// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The number of event loops of the process.
package enum LoopCount {
  /// The most loops.
  static let most = 8

  /// A loop for each processor on which the process may run, as `sched_setaffinity(2)`, a container
  /// or a service manager has set it; at most ``most``.
  ///
  /// Loops that share a processor would only interrupt each other.
  package static var ofProcess: Int { max(1, min(most, Int(clamping: clinux_processors()))) }
}
