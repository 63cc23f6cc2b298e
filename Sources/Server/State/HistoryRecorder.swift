// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import Time

/// Adds rows to the history of viewers, and to the statistics of deliveries, on a thread of its
/// own.
///
/// It also logs why the server cannot switch between the renditions of a stream, and gives memory
/// back after slow responses.
///
/// A row sums up the viewers of all loops; with thousands of viewers that takes milliseconds, for
/// which no loop may keep its viewers waiting.
final class HistoryRecorder: Sendable {
  private let serverState: ServerState
  private let isStopped = Monitor(false)
  private let thread = Locked<OSThread?>(nil)

  init(_ serverState: ServerState) { self.serverState = serverState }

  /// Starts the thread; without one, `/stats` has no history.
  func start() {
    let started = OSThread(name: "viewer-history") { [self] in
      var next = SystemClock.monotonicTime + ViewerHistory.interval
      var memoryReturn = MemoryReturn()
      while isStopped.wait(until: next, { $0 ? true : nil }) == nil {
        serverState.addToHistory(SystemClock.monotonicTime)
        serverState.reportObstacles()
        serverState.segmentRows?.flush(SystemClock.monotonicTime)
        if memoryReturn.isDue(PastMedia.byteCount, now: SystemClock.monotonicTime) {
          SystemMemory.giveBack()
        }
        next = SystemClock.monotonicTime + ViewerHistory.interval
      }
    }
    thread.withLock { $0 = started }
  }

  /// Ends the thread, which may be writing statistics, by `deadline` at the latest.
  func stop(until deadline: MonotonicTime) {
    isStopped.update { $0 = true }
    if let thread = thread.withLock({ $0 }) { serverState.log.join(thread, until: deadline) }
  }
}
