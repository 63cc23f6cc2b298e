// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Net
import Packaging
import Sharing
import Statistics
import TestSupport
import Testing
import Time

@Suite("Statistics of deliveries: a row for each viewer and segment", .blocking)
struct SegmentRowsTests {
  private let url = FileManager.default.temporaryDirectory.appending(
    path: "segments-\(UUID().uuidString).csv")
  private let log = Log(format: .text, least: .error) { _ in }

  private func row(
    _ segment: Int64, viewer: UInt64 = 0xab, rendition: String = "720p", bytes: Int = 10,
    at second: Int64 = 0, report: CMCDReport? = nil
  ) -> SegmentRow {
    let now = SystemClock.monotonicTime + .seconds(second)
    return SegmentRow(
      stream: "live", viewer: viewer, segment: segment, rendition: rendition, bytes: bytes,
      asked: now, begun: now + .milliseconds(1), ended: now + .milliseconds(2),
      acknowledged: now + .milliseconds(3), roundTrip: .milliseconds(7), rate: 1_234_567,
      isCut: false, report: report)
  }

  private func lines() throws -> [[String: String]] {
    let all = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    let names = SegmentRow.header.split(separator: ",")
    return all.dropFirst().map { line in
      let values = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(values.count == names.count, "\(line)")
      return Dictionary(uniqueKeysWithValues: zip(names.map(String.init), values.map(String.init)))
    }
  }

  private func withRows(_ body: (SegmentRows) -> Void) throws -> [[String: String]] {
    let file = try LineFile(url.path, .statistics(header: SegmentRows.header), log: log)
    let rows = SegmentRows(file)
    body(rows)
    file.close()
    return try lines()
  }

  @Test("a segment in one response is a row at once, with times and CMCD")
  func whole() throws {
    var report = CMCDReport()
    report.bufferMilliseconds = 480
    report.throughputKilobits = 5000
    report.bitrateKilobits = 2500
    report.starved = true
    let found = try withRows {
      $0.add(row(7, report: report), endsSegment: true, now: SystemClock.monotonicTime)
    }
    let one = try #require(found.first)
    #expect(found.count == 1)
    #expect(one["stream"] == "live" && one["viewer"] == "ab" && one["segment"] == "7")
    #expect(one["rendition"] == "720p" && one["bytes"] == "10" && one["cut"] == "0")
    #expect(one["rtt_ms"] == "7.000" && one["rate_kbps"] == "1234")
    #expect(one["bl_ms"] == "480" && one["mtp_kbps"] == "5000" && one["br_kbps"] == "2500")
    #expect(one["bs"] == "1" && one["su"] == "0" && one["dl_ms"] == "")
    let times = ["asked", "first_byte", "last_byte", "acknowledged"]
      .compactMap { Double(one[$0] ?? "") }
    #expect(times.count == 4 && times == times.sorted() && times[3] - times[0] < 4)
    #expect(one["time"]?.hasSuffix("Z") == true)
  }

  @Test("the parts of a segment are one row: after the last part, or after 5 s")
  func parts() throws {
    let now = SystemClock.monotonicTime
    let found = try withRows { rows in
      rows.add(row(7), endsSegment: false, now: now)
      rows.add(row(7, viewer: 2), endsSegment: false, now: now)
      rows.add(row(7, rendition: "480p", bytes: 5, at: 1), endsSegment: true, now: now)
      rows.flush(now + .seconds(4))
      rows.add(row(8), endsSegment: true, now: now)
      rows.flush(now + .seconds(5))
    }
    #expect(found.compactMap { $0["bytes"] } == ["15", "10", "10"])
    #expect(found.compactMap { $0["viewer"] } == ["ab", "ab", "2"])
    #expect(found[0]["rendition"] == "720p+480p")
  }

  @Test("the number of segments whose parts are added up is bounded")
  func bounded() throws {
    let now = SystemClock.monotonicTime
    let found = try withRows { rows in
      for number in 0..<UInt64(SegmentRows.capacity + 5) {
        rows.add(row(7, viewer: number), endsSegment: false, now: now)
      }
    }
    #expect(found.count == 5)
  }

  @Test("a full disk loses rows and counts them")
  func fullDisk() throws {
    let file = try LineFile("/dev/full", .statistics(header: SegmentRows.header), log: log)
    let rows = SegmentRows(file)
    for number in 0..<100 {
      rows.add(row(Int64(number)), endsSegment: true, now: SystemClock.monotonicTime)
    }
    file.close()
    #expect(rows.lostCount == 100)
  }
}
