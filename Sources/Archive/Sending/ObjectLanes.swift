// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import System
import Time

/// A few threads that send requests to an object store at once, each on a connection of its own.
final class ObjectLanes: Sendable {
  /// A piece of work with the client of its thread.
  typealias Job = @Sendable (ObjectClient) -> Void

  /// Why there are no lanes.
  enum Refusal: Error {
    /// The machine has no libcurl.
    case noClient
    case noThread
  }

  private struct Queue: Sendable {
    /// The jobs that wait, the last one first.
    var jobs: [Job] = []
    var running = 0
    var isClosed = false
  }

  /// The most requests under way: with a round trip of 50 ms, 160 of them end per second.
  static let count = 8

  private let queue = Monitor(Queue())
  private let clients: [ObjectClient]
  private let threads = Locked<[OSThread]>([])
  private let stopped = Locked(false)

  /// Whether requests fail because the program ends.
  var isStopped: Bool { stopped.withLock { $0 } }

  /// Starts the threads; connections are opened by their first requests.
  init(_ options: ObjectStoreOptions) throws(Refusal) {
    let clients = (0..<Self.count).compactMap { _ in ObjectClient(options) }
    self.clients = clients
    guard clients.count == Self.count else { throw .noClient }
    for (index, client) in clients.enumerated() {
      let thread = OSThread(name: "archive-put-\(index)") { [queue] in
        Self.work(queue, client)
      }
      guard let thread else {
        queue.update { $0.isClosed = true }
        throw .noThread
      }
      threads.withLock { $0.append(thread) }
    }
  }

  private static func work(_ queue: Monitor<Queue>, _ client: ObjectClient) {
    while true {
      let job = queue.wait { queue -> Job?? in
        if let job = queue.jobs.popLast() {
          queue.running += 1
          return .some(job)
        }
        return queue.isClosed ? .some(nil) : nil
      }
      guard let job else { return }
      job(client)
      queue.update { $0.running -= 1 }
    }
  }

  /// Runs jobs, and returns when all of them have ended.
  func run(_ jobs: [Job]) {
    queue.update { $0.jobs = jobs.reversed() }
    queue.wait { $0.jobs.isEmpty && $0.running == 0 ? () : nil }
  }

  /// Ends the requests under way soon, and all later ones at once; for any thread.
  func stop() {
    stopped.withLock { $0 = true }
    for client in clients { client.stop() }
  }

  /// Ends the threads, after ``stop()``.
  func close(log: Log, until deadline: MonotonicTime) {
    queue.update { $0.isClosed = true }
    for thread in threads.withLock({ $0 }) { log.join(thread, until: deadline) }
  }
}
