// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTestSupport
import Logging
import Net
import Packaging
import Server
import ServerTestSupport
import Statistics
import TestSupport
import Testing
import Time

@Suite("Saved statistics of deliveries over WebSockets", .blocking)
struct SavedDeliveriesTests {
  private let url = FileManager.default.temporaryDirectory.appending(
    path: "sockets-\(UUID().uuidString).csv")

  /// The rows that `body` adds, as values by column.
  private func rows(_ body: (SegmentRows) throws -> Void) throws -> [[String: String]] {
    let log = Log(format: .text, least: .error) { _ in }
    let file = try LineFile(url.path, .statistics(header: SegmentRows.header), log: log)
    try body(SegmentRows(file))
    file.close()
    let names = SegmentRow.header.split(separator: ",").map(String.init)
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").dropFirst().map {
      let values = $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      #expect(values.count == names.count)
      return Dictionary(uniqueKeysWithValues: zip(names, values))
    }
  }

  private func received(savesStatistics: Bool, _ format: String) throws -> (
    rows: [[String: String]], bytes: Int, first: Int64
  ) {
    var (bytes, first) = (0, Int64(0))
    let found = try rows { rows in
      var options = StreamServingOptions()
      options.savesStatistics = savesStatistics
      let handler = try SyntheticHandler(serving: options, clock: ManualClock(), rows: rows)
      handler.goLive()
      let lab = SocketLab(handler)
      let client = lab.connect()
      client.send("{\"t\":\"subscribe\",\"tracks\":[\"v\"],\"start\":\"key\"\(format)}")
      client.send(#"{"t":"stat","delay":80}"#)
      _ = client.read()
      first = handler.last + 1
      handler.publish(segments: 2)
      handler.publish(frames: 3)
      for message in client.read() {
        guard case .media(1, _, _, _, let media) = message else { continue }
        bytes += media.utf8.count
      }
      client.send(#"{"t":"bye"}"#)
      _ = client.read()
      client.stream.fail()
      handler.loop.iterate()
    }
    return (found, bytes, first)
  }

  @Test("a socket of a stream that saves statistics has a row for each segment")
  func socket() throws {
    let (rows, bytes, first) = try received(savesStatistics: true, "")
    #expect(rows.compactMap { $0["segment"] } == (first..<first + 3).map { "\($0)" })
    #expect(rows.compactMap { $0["cut"] } == ["0", "0", "1"])
    #expect(rows.allSatisfy { $0["rendition"] == "video" && $0["ltc_ms"] == "80" })
    // Each message has 12 bytes, and its frame a head of two.
    let messages = 30 * 2 + 3
    #expect(rows.compactMap { Int($0["bytes"] ?? "") }.reduce(0, +) == bytes + 14 * messages)
  }

  @Test("other streams have none")
  func none() throws {
    #expect(try received(savesStatistics: false, "").rows.isEmpty)
  }
}
