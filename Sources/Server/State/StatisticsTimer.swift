// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import Sharing
import Statistics
import Time

/// Adds rows to the history of viewers, and to the statistics of deliveries, on the timer's thread.
///
/// It also adds events of changed numbers of viewers, logs why the server cannot switch between the
/// renditions of a stream, and gives memory back after slow responses.
///
/// A row sums up the viewers of all loops; with thousands of viewers that takes milliseconds, for
/// which no loop may keep its viewers waiting.
final class StatisticsTimer: Sendable {
  private let serverState: ServerState
  private let changes = Locked(ViewerCountChanges())
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
      tellViewers(now)
      serverState.reportObstacles()
      serverState.segmentRows?.flush(now)
      let isDue = memoryReturn?.isDue(
        PastMedia.byteCount, ended: PastMedia.endedByteCount, now: now)
      if isDue == true { SystemMemory.giveBack() }
      return true
    }
  }

  /// Adds events of changed numbers of viewers.
  private func tellViewers(_ now: MonotonicTime) {
    let table = serverState.streamTable
    let streams = table.streams.map(\.name) + table.uploads.entries.map(\.name)
    let sums = serverState.viewerSums(at: now)
    for change in changes.withLock({ $0.changes(sums, streams: streams, now: now) }) {
      serverState.events.add(
        "viewers", stream: change.stream,
        change.viewers == 1 ? "1 viewer" : "\(change.viewers) viewers",
        data: "{\"viewers\":\(change.viewers)}")
    }
  }

  /// Ends it, when it has written its statistics.
  func stop() { memoryReturn.withLock { $0 = nil } }
}
