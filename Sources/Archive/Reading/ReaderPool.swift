// SPDX-License-Identifier: Apache-2.0

import Sharing
import System
package import Time

/// A few threads that read files, with a bounded queue: a slow disk costs only those who ask.
package final class ReaderPool: DiskThreads {
  private struct Queue: Sendable {
    var jobs: [@Sendable () -> Void] = []
    var parked: [Parked] = []
    var isClosed = false
  }

  /// A job that waits without a thread.
  private struct Parked: Sendable {
    let deadline: MonotonicTime
    let isReady: @Sendable () -> Bool
    let job: @Sendable () -> Void
  }

  /// How often parked jobs are looked at.
  private static let period = Interval.milliseconds(20)

  /// The most jobs that wait.
  private let limit: Int
  private let queue = Monitor(Queue())

  /// Starts `threads` threads, whose names begin with `name`.
  package init(threads: Int = 3, limit: Int = 256, name: String = "archive-read") {
    self.limit = limit
    for index in 0..<threads {
      _ = OSThread(name: "\(name)-\(index)") { [queue] in
        while let job = Self.next(queue) { job() }
      }
    }
  }

  private enum Step: Sendable {
    case job(@Sendable () -> Void)
    case end
    /// Jobs are parked.
    case look
  }

  private static func next(_ queue: Monitor<Queue>) -> (@Sendable () -> Void)? {
    var deadline = MonotonicTime.distantFuture
    while true {
      let limit = deadline
      let step = queue.wait(until: limit) { queue -> Step? in
        if let step = Self.step(&queue, SystemClock.monotonicTime) { return step }
        return limit == .distantFuture && !queue.parked.isEmpty ? .look : nil
      }
      switch step {
      case .job(let job): return job
      case .end: return nil
      case .look, nil:
        let isParking = queue.update { !$0.parked.isEmpty }
        deadline = isParking ? SystemClock.monotonicTime + period : .distantFuture
      }
    }
  }

  private static func step(_ queue: inout Queue, _ now: MonotonicTime) -> Step? {
    let isClosed = queue.isClosed
    let ready = queue.parked.firstIndex { isClosed || $0.deadline <= now || $0.isReady() }
    if let index = ready {
      return .job(queue.parked.remove(at: index).job)
    }
    if !queue.jobs.isEmpty { return .job(queue.jobs.removeFirst()) }
    return isClosed ? .end : nil
  }

  /// Runs a job on a thread when `isReady` is true, or at `deadline`; no thread waits for that.
  ///
  /// - Parameters:
  ///   - deadline: when the job is run at the latest.
  ///   - isReady: called under the lock of the queue.
  ///   - job: the job.
  /// - Returns: false if too many wait: the job is not run.
  package func run(
    until deadline: MonotonicTime, when isReady: @escaping @Sendable () -> Bool,
    _ job: @escaping @Sendable () -> Void
  ) -> Bool {
    queue.update { queue in
      guard queue.parked.count < limit, !queue.isClosed else { return false }
      queue.parked.append(Parked(deadline: deadline, isReady: isReady, job: job))
      return true
    }
  }

  /// Runs a job on a thread.
  ///
  /// - Returns: false if too many wait: the job is not run.
  package func run(_ job: @escaping @Sendable () -> Void) -> Bool {
    queue.updateForOne { queue in
      guard queue.jobs.count < limit, !queue.isClosed else { return false }
      queue.jobs.append(job)
      return true
    }
  }

  package func release(_ job: @escaping @Sendable () -> Void) {
    queue.updateForOne { queue in
      // A disk that does not answer at the end of the program keeps its files.
      if !queue.isClosed { queue.jobs.append(job) }
    }
  }

  /// Ends the threads after the jobs that wait.
  package func close() { queue.update { $0.isClosed = true } }
}
