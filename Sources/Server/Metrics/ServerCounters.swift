// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing

/// The counters of one loop, written by the loop and read for metrics.
struct ServerCounters: Sendable {
  /// The labels of the response counter.
  struct Answer: Hashable, Sendable, Comparable {
    let kind: Int
    let status: Int

    static func < (a: Answer, b: Answer) -> Bool { (a.kind, a.status) < (b.kind, b.status) }
  }

  var answers: [Answer: UInt64] = [:]
  var bytes: [Int: UInt64] = [:]
  var cut: UInt64 = 0
  var faults: [ConnectionFault: UInt64] = [:]
  var holds = HoldCounters()
  var players = PlayerCounters()

  /// Adds the counts of another loop.
  mutating func add(_ other: ServerCounters) {
    answers.merge(other.answers, uniquingKeysWith: +)
    bytes.merge(other.bytes, uniquingKeysWith: +)
    cut += other.cut
    faults.merge(other.faults, uniquingKeysWith: +)
    holds.add(other.holds)
    players.add(other.players)
  }
}

/// Counts the exchanges of a loop's connections and adds them to the access log.
final class ResponseCounter: ExchangeObserver {
  private let counters: Locked<ServerCounters>
  private let accessLog: AccessLog?

  init(_ counters: Locked<ServerCounters>, _ accessLog: AccessLog?) {
    self.counters = counters
    self.accessLog = accessLog
  }

  func faulted(_ fault: ConnectionFault) {
    counters.withLock { $0.faults[fault, default: 0] += 1 }
  }

  func finished(_ record: ExchangeRecord) {
    counters.withLock { counters in
      if record.status > 0 {
        counters.answers[.init(kind: record.kind.index, status: record.status), default: 0] += 1
      }
      counters.bytes[record.kind.index, default: 0] += UInt64(max(0, record.bytesSent))
      if record.cut { counters.cut += 1 }
    }
    accessLog?.add(record)
  }
}
