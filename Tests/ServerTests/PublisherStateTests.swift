// SPDX-License-Identifier: Apache-2.0

import Logging
import Publishing
import Streams
import Testing
import Time

@testable import Server

@Suite("The state of a publisher, for people")
struct PublisherStateTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    var isConnected = true
    /// Nil if no session runs.
    var isOnline: Bool?
    var hasBackups = false
    var shown: Int?
    var hasSlate = true
    let word: String
    var testDescription: String { name }
  }

  static let rows: [Row] = [
    Row(name: "it is connected before its stream has begun", word: "starting"),
    Row(name: "its frames are shown", isOnline: true, word: "live"),
    Row(name: "it is silent", isOnline: false, word: "slate"),
    Row(
      name: "it is silent, and the stream has no slate", isOnline: false, hasSlate: false,
      word: "away"),
    Row(name: "none has published", isConnected: false, word: "away"),
    Row(name: "it has gone", isConnected: false, isOnline: false, word: "slate"),
    Row(
      name: "it has gone, and the stream has no slate", isConnected: false, isOnline: false,
      hasSlate: false, word: "away"),
    Row(
      name: "it is preferred to the backup and shown", isOnline: true, hasBackups: true,
      shown: 0, word: "live"),
    Row(
      name: "the backup is shown although it publishes", isOnline: true, hasBackups: true,
      shown: 1, word: "away"),
    Row(
      name: "the backup is shown since it has gone", isConnected: false, isOnline: true,
      hasBackups: true, shown: 1, word: "away"),
    Row(
      name: "neither it nor the backup is shown", isOnline: false, hasBackups: true,
      word: "slate"),
    Row(
      name: "neither is shown, and the stream has no slate", isOnline: false, hasBackups: true,
      hasSlate: false, word: "away"),
  ]

  private func status(_ isConnected: Bool) -> PublishedStream.Status {
    var status = PublishedStream.Status()
    status.isConnected = isConnected
    status.transport = .rtmp
    status.since = MonotonicTime.origin + .seconds(5)
    return status
  }

  @Test("the state follows the input that viewers see", arguments: rows)
  func words(_ row: Row) {
    var statistics: StreamStatistics?
    if let isOnline = row.isOnline {
      var counts = StreamStatistics()
      counts.isSourceOnline = isOnline
      counts.shownInput = row.shown
      statistics = counts
    }
    let state = PublisherState(
      status(row.isConnected), statistics, hasBackups: row.hasBackups, hasSlate: row.hasSlate)
    #expect(state.word.rawValue == row.word)
    #expect(state.transport == "rtmp")
    #expect(state.since != nil)
  }

  @Test("while the backup is shown, the state began with its display")
  func since() {
    var counts = StreamStatistics()
    counts.isSourceOnline = true
    counts.shownInput = 0
    let live = PublisherState(status(true), counts, hasBackups: true, hasSlate: true)
    #expect(live.word == .live && live.since == counts.shownSince)
    counts.shownInput = 1
    let away = PublisherState(status(true), counts, hasBackups: true, hasSlate: true)
    #expect(away.word == .away && away.since == counts.shownSince)
    #expect(away.object.text.contains("\"state\":\"away\""))
  }
}
