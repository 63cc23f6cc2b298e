// SPDX-License-Identifier: Apache-2.0

import Net

/// Answers that have ended, while some of what they wrote may still be queued.
struct FlushReports {
  private var records: [ExchangeRecord] = []

  /// Keeps an answer until what was written is known to have gone.
  mutating func add(_ record: ExchangeRecord) {
    records.append(record)
  }

  /// Tells the server's observer of all.
  ///
  /// - Parameters:
  ///   - server: whose observer counts.
  ///   - lost: bytes of the last ones that the kernel did not take.
  mutating func tell(_ server: HTTPServer, lost: Int) {
    guard !records.isEmpty else { return }
    let ended = records
    records = []
    var lost = lost
    for var record in ended.reversed() {
      let missing = min(lost, record.bytesSent)
      lost -= missing
      record.bytesSent -= missing
      record.cut = missing > 0
      record.ended = server.loop.now
      server.observer?.finished(record)
    }
  }
}
