// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import System
import Time

/// Fetches the missing segments of one stream from its twins, on a thread of its own.
///
/// The thread reads and writes drafts of hour files; the writer's thread puts them into the place
/// of the old files.
final class Healer: Sendable {
  /// How often holes are looked for.
  private static let period = Interval.seconds(1)

  private let archive: HealedArchive
  private let connections: any TwinConnections
  private let log: Log
  private let isCancelled = Monitor(false)
  private let thread = Locked<OSThread?>(nil)

  /// Starts the thread, which waits for the end of that of `other`: both have the same drafts.
  init(
    _ archive: HealedArchive, _ connections: any TwinConnections, after other: Healer?, _ log: Log
  ) {
    self.archive = archive
    self.connections = connections
    self.log = log
    let thread = OSThread(name: "archive-heal") { [self] in
      other?.thread.withLock { $0.take() }?.join()
      var pass = HealingPass(
        archive, connections.open(), log,
        isCancelled: { [isCancelled] time in
          isCancelled.wait(until: time) { $0 ? true : nil } ?? false
        })
      while true {
        let next = SystemClock.monotonicTime + Self.period
        guard isCancelled.wait(until: next, { $0 ? true : nil }) == nil else { return }
        pass.run()
      }
    }
    self.thread.withLock { $0 = thread }
  }

  /// Ends the thread soon.
  func cancel() {
    isCancelled.update { $0 = true }
    connections.cancel()
  }

  /// Waits for the end of the thread.
  func join(until deadline: MonotonicTime) {
    guard let thread = thread.withLock({ $0.take() }) else { return }
    log.join(thread, until: deadline, stream: archive.name)
  }
}
