// SPDX-License-Identifier: Apache-2.0

import Time

/// The feeds of a stream on one loop.
///
/// Confined to the loop's thread.
struct FeedReaders {
  private var readers: [FeedReader] = []
  /// The earliest deadline of a reader.
  private(set) var nextDeadline = MonotonicTime.distantFuture

  /// The number of readers, including readers that have just disconnected.
  var count: Int { readers.count }

  /// Adds a reader.
  mutating func add(_ reader: FeedReader, now: MonotonicTime) {
    if reader.advance(now) == .reading { readers.append(reader) }
    schedule()
  }

  /// Sends the new messages of all readers.
  mutating func advance(_ now: MonotonicTime) {
    guard !readers.isEmpty else { return }
    readers.removeAll { $0.advance(now) == .done }
    schedule()
  }

  /// Sends the messages that are due.
  mutating func expire(_ now: MonotonicTime) {
    if nextDeadline <= now { advance(now) }
  }

  /// Aborts all responses.
  mutating func close() {
    for reader in readers { reader.close() }
    readers = []
    schedule()
  }

  private mutating func schedule() {
    nextDeadline = readers.reduce(.distantFuture) { min($0, $1.nextDeadline) }
  }
}
