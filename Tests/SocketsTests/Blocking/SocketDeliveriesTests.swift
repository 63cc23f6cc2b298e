// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Net
import Packaging
import Statistics
import TestSupport
import Testing
import Time

@testable import Sockets

@Suite("Statistics of deliveries over WebSockets", .blocking)
struct SocketDeliveriesTests {
  private let url = FileManager.default.temporaryDirectory.appending(
    path: "sockets-\(UUID().uuidString).csv")
  private let start = MonotonicTime.origin + .seconds(1000)

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

  private func position(
    _ segment: Int64, _ track: SubscriptionRequest.Track = .video, isLast: Bool = false,
    isCatchUp: Bool = false, rendition: String? = nil
  ) -> MediaMessage.Position {
    MediaMessage.Position(
      track: track, rendition: rendition ?? (track == .video ? "720p" : "audio"), segment: segment,
      endsSegment: isLast, isCatchUp: isCatchUp)
  }

  private func connection(
    acknowledged: UInt64, unacknowledged: Int, queued: Int = 0
  ) -> () -> SocketDeliveries.Connection {
    let state = TransmissionState(
      acknowledged: acknowledged, unacknowledged: unacknowledged, roundTrip: .milliseconds(10),
      minimumRoundTrip: .milliseconds(10), deliveryRate: 8_000_000, isLowerBound: false)
    return { SocketDeliveries.Connection(state: state, queuedBytes: queued) }
  }

  @Test("a segment is a row once its last byte is acknowledged, with the figures of the player")
  func whole() throws {
    let found = try rows { rows in
      var deliveries = SocketDeliveries(rows, stream: "live", viewer: 0xab)
      var figures = PlayerFigures()
      (figures.delay, figures.buffer, figures.rate, figures.stalls) = (95, 40, 1.02, 1)
      func wrote(_ position: MediaMessage.Position, _ milliseconds: Int64, _ acknowledged: UInt64) {
        deliveries.wrote(
          position, 100, due: start + .milliseconds(milliseconds),
          now: start + .milliseconds(milliseconds), nil, figures,
          connection(acknowledged: acknowledged, unacknowledged: 50, queued: 50))
      }
      wrote(position(7, isCatchUp: true), 0, 0)
      wrote(position(7, isLast: true), 40, 100)
      // 200 are to be acknowledged.
      wrote(position(8), 80, 199)
      wrote(position(8, isLast: true), 120, 200)
      deliveries.look(connection(acknowledged: 299, unacknowledged: 0), start + .seconds(1))
      deliveries.look(connection(acknowledged: 300, unacknowledged: 0), start + .seconds(2))
    }
    #expect(found.compactMap { $0["segment"] } == ["7", "8"])
    let one = try #require(found.first)
    #expect(one["stream"] == "live" && one["viewer"] == "ab" && one["rendition"] == "720p")
    #expect(one["bytes"] == "200" && one["cut"] == "0" && one["rtt_ms"] == "10.000")
    #expect(one["rate_kbps"] == "8000" && one["bl_ms"] == "40" && one["ltc_ms"] == "95")
    #expect(one["pr"] == "1.02" && one["bs"] == "1" && one["su"] == "1" && one["mtp_kbps"] == "")
    #expect(found[1]["bs"] == "0" && found[1]["su"] == "0")
    func times(_ row: [String: String]) -> [Double] {
      let names = ["asked", "first_byte", "last_byte", "acknowledged"]
      let all = names.compactMap { Double(row[$0] ?? "") }
      return all.map { ($0 - all[0]).rounded() }
    }
    #expect(times(one) == [0, 0, 40, 120])
    #expect(times(found[1]) == [0, 0, 40, 1920])
  }

  @Test("dropped chunks cut their segment, also those before its first sent one")
  func drops() throws {
    let found = try rows { rows in
      var deliveries = SocketDeliveries(rows, stream: "live", viewer: 1)
      func wrote(_ position: MediaMessage.Position) {
        deliveries.wrote(position, 100, due: start, now: start, nil, PlayerFigures()) {
          SocketDeliveries.Connection(state: nil, queuedBytes: 0)
        }
      }
      wrote(position(1))
      wrote(position(1, .audio, isLast: true))
      deliveries.dropped(position(1))
      deliveries.dropped(position(2))
      deliveries.dropped(position(3))
      wrote(position(3, isLast: true))
      wrote(position(4, isLast: true))
    }
    #expect(found.compactMap { $0["segment"] } == ["1", "1", "3", "4"])
    #expect(found.compactMap { $0["rendition"] } == ["audio", "720p", "720p", "720p"])
    #expect(found.compactMap { $0["cut"] } == ["0", "1", "1", "0"])
    #expect(found.allSatisfy { $0["acknowledged"] == "" && $0["bl_ms"] == "" })
  }

  @Test("a switch ends the segment of the former rendition; the end of the socket cuts the rest")
  func ends() throws {
    let found = try rows { rows in
      var deliveries = SocketDeliveries(rows, stream: "live", viewer: 1)
      let open = connection(acknowledged: 0, unacknowledged: 100)
      func wrote(_ position: MediaMessage.Position) {
        deliveries.wrote(position, 100, due: start, now: start, nil, PlayerFigures(), open)
      }
      wrote(position(1))
      wrote(position(2, rendition: "480p"))
      deliveries.left(PlayerFigures(), open, start)
      wrote(position(9))
      deliveries.look(open, start + .seconds(11))
      deliveries.close(PlayerFigures(), start + .seconds(12))
    }
    #expect(found.compactMap { $0["segment"] } == ["1", "2", "9"])
    #expect(found.compactMap { $0["rendition"] } == ["720p", "480p", "720p"])
    #expect(found.compactMap { $0["cut"] } == ["0", "0", "1"])
  }
}
