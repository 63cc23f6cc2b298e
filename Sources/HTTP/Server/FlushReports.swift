// SPDX-License-Identifier: Apache-2.0

import Time

/// Records of responses that have ended while some of their bytes are queued.
struct FlushReports {
  private var records: [ExchangeRecord] = []

  /// Whether no record is kept.
  var isEmpty: Bool { records.isEmpty }

  /// Keeps a record until the bytes of its response have left.
  mutating func add(_ record: ExchangeRecord) {
    var kept = record
    kept.request.reduceToRecord()
    records.append(kept)
  }

  /// Removes and completes all records.
  ///
  /// - Parameters:
  ///   - lost: how many of the last bytes the kernel did not take.
  ///   - now: the time at which the responses ended.
  /// - Returns: the records, newest first.
  mutating func take(lost: Int, now: MonotonicTime) -> ReversedCollection<[ExchangeRecord]> {
    var ended: [ExchangeRecord] = []
    swap(&ended, &records)
    var lost = lost
    for index in ended.indices.reversed() {
      let missing = min(lost, ended[index].bytesSent)
      lost -= missing
      ended[index].bytesSent -= missing
      ended[index].cut = missing > 0
      ended[index].ended = now
    }
    return ended.reversed()
  }
}
