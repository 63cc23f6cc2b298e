// SPDX-License-Identifier: Apache-2.0

import Logging
import Sharing
import System
import Time

/// Puts the archives of all streams into an object store, from the disk.
///
/// One thread chooses the requests, and a few lanes send them. They read what the writer has
/// completed, and never delay it: an outage of the store costs only the space of the hours that
/// wait.
final class ObjectThread: Sendable {
  private struct Orders: Sendable {
    var streams: [StreamCatalog] = []
    var isClosed = false
  }

  /// How often finished segments are looked for.
  private static let period = Interval.milliseconds(250)
  /// How often the marks are written while the store fails.
  private static let savingPeriod = Interval.seconds(1)

  private let orders = Monitor(Orders())
  private let lanes: ObjectLanes
  private let thread = Locked<OSThread?>(nil)

  /// Starts the thread; nil if the system refuses it.
  init?(_ lanes: ObjectLanes, log: Log) {
    self.lanes = lanes
    let orders = orders
    let started = OSThread(name: "archive-objects") {
      var worker = ObjectWorker(lanes, log)
      while true {
        let streams = orders.update { $0.streams }
        var wait = Self.savingPeriod
        if worker.isDue(SystemClock.monotonicTime) {
          wait = worker.work(streams) ? .zero : Self.period
        } else {
          worker.saveAll(streams)
        }
        let isClosed = orders.wait(until: SystemClock.monotonicTime + wait) { orders in
          orders.isClosed ? true : nil
        }
        if isClosed == true {
          worker.saveAll(streams)
          return
        }
      }
    }
    guard let started else { return nil }
    thread.withLock { $0 = started }
  }

  /// Puts the archive of a stream from now on.
  func add(_ catalog: StreamCatalog) {
    orders.update { orders in
      if !orders.streams.contains(where: { $0 === catalog }) { orders.streams.append(catalog) }
    }
  }

  /// Ends the thread; the next start of the program continues.
  func close(log: Log, until deadline: MonotonicTime) {
    orders.update { $0.isClosed = true }
    lanes.stop()
    if let thread = thread.withLock({ $0.take() }) { log.join(thread, until: deadline) }
    lanes.close(log: log, until: deadline)
  }
}
