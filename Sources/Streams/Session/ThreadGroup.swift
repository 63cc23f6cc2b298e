// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import Time

/// The threads of a session or of a source, which are stopped together.
final class ThreadGroup: Sendable {
  /// The longest wait for threads that were asked to end.
  static let limit = OSThread.joinLimit

  private let stream: String
  private let log: Log
  private let threads = Locked<[OSThread]>([])

  /// A group without threads; `stream` is the name of its stream in the log.
  init(stream: String, log: Log) {
    self.stream = stream
    self.log = log
  }

  /// Starts a thread; false if the system refuses it.
  func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    guard let thread = OSThread(name: name, body) else { return false }
    threads.withLock { $0.append(thread) }
    return true
  }

  /// Waits for the end of all threads, at most until `deadline`.
  ///
  /// A thread that still runs at `deadline` is left running and named in the log.
  func join(until deadline: MonotonicTime) {
    let stopped = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in stopped { log.join(thread, until: deadline, stream: stream) }
  }
}
