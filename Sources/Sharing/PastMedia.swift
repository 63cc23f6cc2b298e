// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import Time

/// Media that has left its window, and that responses still keep in memory.
package enum PastMedia {
  private static let count = Atomic<Int>(0)
  private static let watchers = Locked<[(limit: Int, body: @Sendable () -> Void)]>([])

  /// The number of its bytes in the process.
  package static var byteCount: Int { count.load(ordering: .relaxed) }

  /// Calls `body` on any thread when a window has removed media and there are more bytes than
  /// `limit`.
  package static func watch(above limit: Int, _ body: @escaping @Sendable () -> Void) {
    watchers.withLock { $0.append((limit, body)) }
  }

  /// Marks bytes that have left their window, as ``SharedBytes/leaveWindow(until:)``.
  package static func add(_ bytes: [SharedBytes], until deadline: MonotonicTime) {
    for bytes in bytes { bytes.leaveWindow(until: deadline) }
    let total = byteCount
    for watcher in watchers.withLock({ $0 }) where total > watcher.limit { watcher.body() }
  }

  /// Counts bytes that have left their window.
  static func add(_ byteCount: Int) { count.add(byteCount, ordering: .relaxed) }

  /// Counts the end of such bytes.
  static func remove(_ byteCount: Int) { count.subtract(byteCount, ordering: .relaxed) }
}
