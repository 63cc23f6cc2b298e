// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import Statistics
import Time

/// Adds rows to the history of viewers, and to the statistics of deliveries, on the timer's thread.
///
/// It also logs why the server cannot switch between the renditions of a stream, and gives memory
/// back after slow responses.
///
/// A row sums up the viewers of all loops; with thousands of viewers that takes milliseconds, for
/// which no loop may keep its viewers waiting.
final class StatisticsTimer: Sendable {
  private let serverState: ServerState
  /// What it has measured; nil once it has ended.
  private let memoryReturn = Locked<MemoryReturn?>(MemoryReturn())

  init(_ serverState: ServerState) { self.serverState = serverState }

  /// Begins; without a thread of the timer, `/stats` has no history.
  func start() {
    TimerThread.ofProcess.run(at: SystemClock.monotonicTime + ViewerHistory.interval) { [self] in
      if record(SystemClock.monotonicTime) { start() }
    }
  }

  /// Adds a row.
  ///
  /// - Returns: false once it has ended.
  private func record(_ now: MonotonicTime) -> Bool {
    memoryReturn.withLock { memoryReturn in
      guard memoryReturn != nil else { return false }
      serverState.addToHistory(now)
      serverState.reportObstacles()
      serverState.segmentRows?.flush(now)
      let isDue = memoryReturn?.isDue(
        PastMedia.byteCount, ended: PastMedia.endedByteCount, now: now)
      if isDue == true { SystemMemory.giveBack() }
      return true
    }
  }

  /// Ends it, when it has written its statistics.
  func stop() { memoryReturn.withLock { $0 = nil } }
}
