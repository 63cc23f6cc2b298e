// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The memory of the allocator.
package enum SystemMemory {
  /// Returns freed memory to the system.
  ///
  /// The allocator keeps what many threads have freed: 180 MB after 1,300 short streams. It holds
  /// the lock of one arena at a time. Not for event loops.
  package static func giveBack() { _ = malloc_trim(0) }
}
