// SPDX-License-Identifier: Apache-2.0

import Sharing
import System

/// A few threads that read files, with a bounded queue: a slow disk costs only those who ask.
package final class ReaderPool: DiskThreads {
  private struct Queue: Sendable {
    var jobs: [@Sendable () -> Void] = []
    var isClosed = false
  }

  /// The most jobs that wait.
  private let limit: Int
  private let queue = Monitor(Queue())

  /// Starts `threads` threads.
  package init(threads: Int = 3, limit: Int = 256) {
    self.limit = limit
    for index in 0..<threads {
      _ = OSThread(name: "archive-read-\(index)") { [queue] in
        while let job = Self.next(queue) { job() }
      }
    }
  }

  private static func next(_ queue: Monitor<Queue>) -> (@Sendable () -> Void)? {
    queue.wait { queue -> (@Sendable () -> Void)?? in
      if !queue.jobs.isEmpty { return queue.jobs.removeFirst() }
      return queue.isClosed ? .some(nil) : nil
    }
  }

  /// Runs a job on a thread.
  ///
  /// - Returns: false if too many wait: the job is not run.
  package func run(_ job: @escaping @Sendable () -> Void) -> Bool {
    queue.update { queue in
      guard queue.jobs.count < limit, !queue.isClosed else { return false }
      queue.jobs.append(job)
      return true
    }
  }

  package func release(_ job: @escaping @Sendable () -> Void) {
    queue.update { queue in
      // A disk that does not answer at the end of the program keeps its files.
      if !queue.isClosed { queue.jobs.append(job) }
    }
  }

  /// Ends the threads after the jobs that wait.
  package func close() { queue.update { $0.isClosed = true } }
}
