// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// Whether the threads that write an archive make progress.
///
/// A thread in a call of a disk that does not answer cannot report that: others ask here.
package final class DiskWatch: Sendable {
  /// A thread that writes.
  package enum Worker: Sendable {
    case writer
    case synchronisation
  }

  /// How long a step may take.
  package static let limit = Interval.seconds(5)

  private let steps = Locked<[Worker: MonotonicTime]>([:])

  /// A thread begins a step that may wait for the disk.
  package func begin(_ worker: Worker, at now: MonotonicTime) {
    steps.withLock { $0[worker] = now }
  }

  /// The step of a thread has ended.
  package func end(_ worker: Worker) { steps.withLock { $0[worker] = nil } }

  /// Why nothing is written; nil while each step is short.
  package func failure(at now: MonotonicTime) -> String? {
    let oldest = steps.withLock { $0.values.min() }
    guard let oldest, now - oldest >= Self.limit else { return nil }
    return "the disk has not answered for \((now - oldest).wholeSeconds) s"
  }
}
