// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("Spans in which the process did not run")
struct FreezeDetectorTests {
  /// The end of the newest span after calls at these times, in milliseconds.
  private func end(_ calls: [Int64]) -> Int64? {
    var detector = FreezeDetector()
    for call in calls { detector.note(MonotonicTime(nanoseconds: call * 1_000_000)) }
    return detector.end.map { $0.nanoseconds / 1_000_000 }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let calls: [Int64]
    let end: Int64?
    let testDescription: String
  }

  @Test(
    "a span ends with the first call after it",
    arguments: [
      Row(calls: [], end: nil, testDescription: "no call"),
      Row(calls: [90_000], end: nil, testDescription: "the first call"),
      Row(calls: [0, 300, 600, 1300], end: nil, testDescription: "a busy machine"),
      Row(calls: [0, 300, 1001, 1301], end: 1001, testDescription: "a freeze"),
      Row(calls: [0, 300, 2000, 2300, 6000], end: 6000, testDescription: "two freezes"),
    ])
  func spans(_ row: Row) { #expect(end(row.calls) == row.end) }

  @Test("a span shorter than the silence of an absent source is found")
  func limit() {
    // Undetected, it leaves time to read what waits in sockets.
    #expect(FreezeDetector.limit + .milliseconds(200) <= OutagePace.silence)
    #expect(FreezeDetector.interval * 2 < FreezeDetector.limit)
  }
}
