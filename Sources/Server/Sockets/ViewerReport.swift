// SPDX-License-Identifier: Apache-2.0

import Logging
import Net
import Sharing
import Time

/// The figures of a player, from its latest `stat`; those that it did not send are nil.
struct PlayerFigures: Sendable {
  /// The time from frame time to display, in milliseconds.
  var delay: Double?
  /// The buffered time, in milliseconds.
  var buffer: Double?
  /// The playback rate.
  var rate: Double?
  /// The round trip of its connection, in milliseconds.
  var roundTrip: Double?
  /// Frames that were not shown.
  var drops: Double?
  /// Stalls since the start.
  var stalls: Double?

  /// The JSON members.
  fileprivate var members: String {
    [
      ("delay", delay), ("buf", buffer), ("rate", rate), ("rtt", roundTrip), ("drops", drops),
      ("stalls", stalls),
    ].compactMap { name, value in
      value.map { ",\"\(name)\":\(ViewerReport.number($0))" }
    }.joined()
  }
}

/// One viewer in `/stats.json`.
struct ViewerReport: Sendable {
  let stream: String
  let identifier: String
  let peer: PeerAddress
  let userAgent: String
  let since: WallTime
  var rendition = ""
  var kilobits: Int64 = 0
  var skips = 0
  var figures = PlayerFigures()

  /// The JSON object; the address is masked.
  fileprivate var text: String {
    "{\"sid\":\(JSONText.quoted(identifier)),\"ip\":\(JSONText.quoted(peer.masked.description))"
      + ",\"ua\":\(JSONText.quoted(userAgent)),\"transport\":\"ws\""
      + ",\"rendition\":\(JSONText.quoted(rendition)),\"kbps\":\(kilobits),\"skips\":\(skips)"
      + figures.members + ",\"since\":\(since.milliseconds)}"
  }

  /// A number of a client as JSON, with at most three decimals.
  static func number(_ value: Double) -> String {
    let limited = min(max(value, -1e9), 1e9)
    // bounded: limited, and floating
    let rounded = (limited * 1000).rounded() / 1000
    return rounded == rounded.rounded() ? "\(Int64(exactly: rounded) ?? 0)" : "\(rounded)"
  }
}

/// The viewers of all loops, as far as the server knows them: those with a WebSocket.
final class ViewerReports: Sendable {
  private let reports = Locked<[UInt64: ViewerReport]>([:])

  /// Adds or replaces the report of a viewer.
  func set(_ report: ViewerReport, of viewer: UInt64) {
    reports.withLock { $0[viewer] = report }
  }

  /// Removes a viewer.
  func remove(_ viewer: UInt64) { reports.withLock { $0[viewer] = nil } }

  /// The number of viewers by stream and rendition.
  var counts: [(stream: String, rendition: String, count: Int)] {
    let all = reports.withLock { Array($0.values) }
    let groups = Dictionary(grouping: all) { [$0.stream, $0.rendition] }
    return groups.map { ($0.key[0], $0.key[1], $0.value.count) }
      .sorted { ($0.stream, $0.rendition) < ($1.stream, $1.rendition) }
  }

  /// `/stats.json`.
  func text(_ streams: [StreamEntry], now: WallTime) -> String {
    let all = reports.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
    let parts = streams.map { stream in
      let viewers = all.filter { $0.stream == stream.name }
      return "{\"name\":\(JSONText.quoted(stream.name)),\"state\":\(JSONText.quoted(stream.word))"
        + ",\"aggregate\":{\"viewers\":\(viewers.count)\(Self.delays(viewers))"
        + ",\"renditions\":{\(Self.renditions(viewers))}}"
        + ",\"viewers\":[\(viewers.map(\.text).joined(separator: ","))]}"
    }
    return "{\"now\":\(now.milliseconds),\"streams\":[\(parts.joined(separator: ","))]}\n"
  }

  private static func delays(_ viewers: [ViewerReport]) -> String {
    let sorted = viewers.compactMap(\.figures.delay).sorted()
    guard let first = sorted.first, let last = sorted.last else { return "" }
    let mean = sorted.reduce(0, +) / Double(sorted.count)
    func quantile(_ percent: Int) -> Double {
      // bounded: a number of connections
      sorted[min(sorted.count - 1, sorted.count * percent / 100)]
    }
    let values = [
      ("min", first), ("avg", mean), ("p50", quantile(50)), ("p95", quantile(95)), ("max", last),
    ]
    return ",\"delay\":{"
      + values.map { "\"\($0.0)\":\(ViewerReport.number($0.1))" }.joined(separator: ",") + "}"
  }

  private static func renditions(_ viewers: [ViewerReport]) -> String {
    Dictionary(grouping: viewers, by: \.rendition).sorted { $0.key < $1.key }
      .map { "\(JSONText.quoted($0.key)):\($0.value.count)" }.joined(separator: ",")
  }
}
