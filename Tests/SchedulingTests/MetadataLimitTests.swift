// SPDX-License-Identifier: Apache-2.0

import Scheduling
import Testing
import Time

@Suite("The limit of metadata")
struct MetadataLimitTests {
  private func time(_ count: Int64) -> MonotonicTime { .origin + .milliseconds(count) }

  @Test("60 messages per second are used, and a flood is reported once")
  func messages() {
    var limit = MetadataLimit()
    var (used, reports) = (0, 0)
    for millisecond in 0..<5000 {
      switch limit.take(bytes: 10, at: time(Int64(millisecond))) {
      case .admitted: used += 1
      case .refused(let isFirst): reports += isFirst ? 1 : 0
      }
    }
    #expect(used == 300 && reports == 1)
    // After ten quiet seconds the next flood has a line of its own.
    for _ in 0..<60 { _ = limit.take(bytes: 10, at: time(20_000)) }
    let next = limit.take(bytes: 10, at: time(20_000))
    #expect(next == .refused(isFirst: true))
  }

  @Test("32 KiB per second are used, of messages of any size")
  func bytes() {
    var limit = MetadataLimit()
    let sizes: [(bytes: Int, time: Int64)] = [
      (.max, 0), (32_000, 0), (1000, 999), (768, 999), (32_768, 1000),
    ]
    let outcomes = sizes.map { limit.take(bytes: $0.bytes, at: time($0.time)) }
    #expect(
      outcomes == [
        .refused(isFirst: true), .admitted, .refused(isFirst: false), .admitted, .admitted,
      ])
  }

  @Test("a fault is reported once in ten seconds")
  func faults() {
    var limit = ReportLimit()
    let reports = [0, 9999, 10_000, 19_999].map { limit.reports(at: time($0)) }
    #expect(reports == [true, false, true, false])
  }
}
