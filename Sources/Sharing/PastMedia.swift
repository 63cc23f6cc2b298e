// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import Time

/// Bytes that only responses keep in memory: media that has left its window, texts that newer ones
/// have replaced, texts for one response, and long lists of slices.
package enum PastMedia {
  /// The time for which responses may send a text that only they keep.
  package static let textTime = Interval.seconds(30)

  private static let count = Atomic<Int>(0)
  private static let ended = Atomic<Int>(0)
  private static let watchers = Locked<[(limit: Int, body: @Sendable () -> Void)]>([])

  /// The number of its bytes in the process, with those of the objects that contain them.
  package static var byteCount: Int { count.load(ordering: .relaxed) }

  /// The bytes that have ended since the start of the process; it wraps.
  package static var endedByteCount: Int { ended.load(ordering: .relaxed) }

  /// Calls `body` on any thread when a window has removed media and there are more bytes than
  /// `limit`.
  package static func watch(above limit: Int, _ body: @escaping @Sendable () -> Void) {
    watchers.withLock { $0.append((limit, body)) }
  }

  /// Whether there are more bytes than a limit of ``watch(above:_:)``.
  package static var isAboveLimit: Bool {
    let total = byteCount
    return watchers.withLock { $0.contains { total > $0.limit } }
  }

  /// Marks texts that only responses keep at `now`.
  package static func add(texts: [SharedBytes], at now: MonotonicTime) {
    add(texts, until: now + textTime)
  }

  /// Marks bytes that have left their window, as ``SharedBytes/leaveWindow(until:)``.
  package static func add(_ bytes: [SharedBytes], until deadline: MonotonicTime) {
    for bytes in bytes { bytes.leaveWindow(until: deadline) }
    notify()
  }

  private static func notify() {
    let total = byteCount
    for watcher in watchers.withLock({ $0 }) where total > watcher.limit { watcher.body() }
  }

  /// The memory of a list that only a response keeps; it counts until the last reference ends.
  package final class List: Sendable {
    /// Its memory in bytes.
    package let byteCount: Int
    /// The time at which the response is cut if there are too many bytes.
    package let deadline: MonotonicTime

    /// Counts a list that is made now.
    package init(byteCount: Int) {
      self.byteCount = byteCount
      deadline = SystemClock.monotonicTime + PastMedia.textTime
      PastMedia.add(byteCount)
      PastMedia.notify()
    }

    deinit { PastMedia.remove(byteCount) }
  }

  /// Counts bytes that have left their window.
  static func add(_ byteCount: Int) { count.add(byteCount, ordering: .relaxed) }

  /// Counts the end of such bytes.
  static func remove(_ byteCount: Int) {
    count.subtract(byteCount, ordering: .relaxed)
    ended.wrappingAdd(byteCount, ordering: .relaxed)
  }
}
