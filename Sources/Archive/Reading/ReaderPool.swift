// SPDX-License-Identifier: Apache-2.0

import Sharing
import System
package import Time

/// A few threads that read files, with a bounded queue: a slow disk costs only those who ask.
package final class ReaderPool: DiskThreads {
  private struct Queue: Sendable {
    var jobs: ArchiveQueue
    /// Reads for responses that have begun, and files that are released.
    var reads: [@Sendable () -> Void] = []
    var releases: [@Sendable () -> Void] = []
    /// Whether the next step is a read, if there is one.
    var isReading = true
    var parked: [Parked] = []
    var isClosed = false
  }

  /// A job that waits without a thread.
  private struct Parked: Sendable {
    let deadline: MonotonicTime
    let isReady: @Sendable () -> Bool
    let job: ArchiveJob
  }

  /// How often parked jobs are looked at.
  private static let period = Interval.milliseconds(20)

  /// The most reads and the most parked jobs that wait.
  private let limit: Int
  private let queue: Monitor<Queue>

  /// Starts `threads` threads, whose names begin with `name`.
  package init(threads: Int = 3, limit: Int = 256, name: String = "archive-read") {
    self.limit = limit
    queue = Monitor(
      Queue(jobs: ArchiveQueue(threads: threads, now: SystemClock.monotonicTime)))
    for index in 0..<threads {
      _ = OSThread(name: "\(name)-\(index)") { [queue] in
        while let work = Self.next(queue) {
          work.run()
          guard let rank = work.rank else { continue }
          queue.update { $0.jobs.end(rank, now: SystemClock.monotonicTime) }
        }
      }
    }
  }

  /// The questions that were not answered.
  package var counts: ArchiveQueue.Counts { queue.read { $0.jobs.counts } }

  /// Work for a thread.
  private struct Work: Sendable {
    /// The rank of a question; nil for other work.
    var rank: ArchiveRank?
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }

    init(_ step: ArchiveQueue.Step) {
      switch step {
      case .run(let job):
        rank = job.rank
        run = { ArchiveClient.$current.withValue(job.client) { job.run() } }
      case .refuse(let job): run = { job.refuse(.busy) }
      case .drop(let job): run = { job.refuse(.abandoned) }
      }
    }
  }

  private enum Step: Sendable {
    case work(Work)
    case end
    /// Jobs are parked, or wait for a limited time.
    case look
  }

  private static func next(_ queue: Monitor<Queue>) -> Work? {
    var deadline = MonotonicTime.distantFuture
    while true {
      let limit = deadline
      let step = queue.wait(until: limit) { queue -> Step? in
        if let step = Self.step(&queue, SystemClock.monotonicTime) { return step }
        return Self.nextLook(queue, SystemClock.monotonicTime) < limit ? .look : nil
      }
      switch step {
      case .work(let work): return work
      case .end: return nil
      case .look, nil:
        deadline = queue.update { Self.nextLook($0, SystemClock.monotonicTime) }
      }
    }
  }

  private static func nextLook(_ queue: Queue, _ now: MonotonicTime) -> MonotonicTime {
    let parked = queue.parked.isEmpty ? MonotonicTime.distantFuture : now + period
    // One that has waited too long waits for a disk that does not answer.
    let waiting = queue.jobs.deadline.map { max($0, now + period) } ?? .distantFuture
    return min(parked, waiting)
  }

  private static func step(_ queue: inout Queue, _ now: MonotonicTime) -> Step? {
    let isClosed = queue.isClosed
    let ready = queue.parked.firstIndex { isClosed || $0.deadline <= now || $0.isReady() }
    if let ready, let refused = queue.jobs.add(queue.parked.remove(at: ready).job, now: now) {
      return .work(Work { refused.refuse(.busy) })
    }
    if !queue.releases.isEmpty { return .work(Work(queue.releases.removeFirst())) }
    queue.isReading.toggle()
    if queue.isReading, !queue.reads.isEmpty { return .work(Work(queue.reads.removeFirst())) }
    if let next = queue.jobs.next(now: now) { return .work(Work(next)) }
    if !queue.reads.isEmpty { return .work(Work(queue.reads.removeFirst())) }
    return isClosed && queue.jobs.count == 0 && queue.parked.isEmpty ? .end : nil
  }

  /// Runs a job on a thread; it is refused if too many wait, or it waits too long.
  ///
  /// - Parameters:
  ///   - job: the job.
  ///   - deadline: when it joins the queue at the latest; nil for at once.
  ///   - isReady: whether it may join the queue before; called under the lock of the queue.
  package func add(
    _ job: ArchiveJob, until deadline: MonotonicTime? = nil,
    when isReady: @escaping @Sendable () -> Bool = { true }
  ) {
    let refused = queue.update { [limit] queue -> ArchiveJob? in
      guard !queue.isClosed else { return job }
      guard let deadline else { return queue.jobs.add(job, now: SystemClock.monotonicTime) }
      guard queue.parked.count < limit else { return job }
      queue.parked.append(Parked(deadline: deadline, isReady: isReady, job: job))
      return nil
    }
    refused?.refuse(.busy)
  }

  /// Reads bytes of a response on a thread.
  ///
  /// - Returns: false if too many wait: the job is not run.
  package func run(_ job: @escaping @Sendable () -> Void) -> Bool {
    queue.updateForOne { queue in
      guard queue.reads.count < limit, !queue.isClosed else { return false }
      queue.reads.append(job)
      return true
    }
  }

  package func release(_ job: @escaping @Sendable () -> Void) {
    queue.updateForOne { queue in
      // A disk that does not answer at the end of the program keeps its files.
      if !queue.isClosed { queue.releases.append(job) }
    }
  }

  /// Ends the threads after the jobs that wait.
  package func close() { queue.update { $0.isClosed = true } }
}
