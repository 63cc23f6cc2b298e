// SPDX-License-Identifier: Apache-2.0

package import Time

/// Work that is due at times: a pure state machine.
package struct DeadlineQueue<Work> {
  /// The work, the latest first.
  private var entries: [(due: MonotonicTime, work: Work)] = []

  /// An empty queue.
  package init() {}

  /// When the earliest work is due; nil without work.
  package var next: MonotonicTime? { entries.last?.due }

  /// Adds work behind that of the same time.
  package mutating func add(_ work: Work, due: MonotonicTime) {
    let index = entries.lastIndex { $0.due > due }
    // bounded: an index of the entries
    entries.insert((due, work), at: index.map { $0 + 1 } ?? 0)
  }

  /// Removes the earliest work if it is due.
  package mutating func takeDue(_ now: MonotonicTime) -> Work? {
    guard let last = entries.last, last.due <= now else { return nil }
    entries.removeLast()
    return last.work
  }
}
