// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Net
import Packaging
import Server
import ServerTestSupport
import Sharing
import Statistics
import TestSupport
import Testing
import Time

@Suite("Saved statistics of responses", .blocking)
struct SavedRowsTests {
  private let url = FileManager.default.temporaryDirectory.appending(
    path: "segments-\(UUID().uuidString).csv")
  private let log = Log(format: .text, least: .error) { _ in }

  private func lines() throws -> [[String: String]] {
    let all = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    let names = SegmentRow.header.split(separator: ",")
    return all.dropFirst().map { line in
      let values = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(values.count == names.count, "\(line)")
      return Dictionary(uniqueKeysWithValues: zip(names.map(String.init), values.map(String.init)))
    }
  }

  /// A handler of a stream whose deliveries are saved, with two published segments.
  private func handler(_ rows: SegmentRows) throws -> SyntheticHandler {
    var options = StreamServingOptions()
    options.savesStatistics = true
    let handler = try SyntheticHandler(serving: options, clock: ManualClock(), rows: rows)
    handler.goLive()
    handler.publish(segments: 2)
    return handler
  }

  @Test("a delivery that is in progress when the stream or the loop ends is a row")
  func ends() throws {
    let file = try LineFile(url.path, .statistics(header: SegmentRows.header), log: log)
    let rows = SegmentRows(file)
    let first = try handler(rows)
    let open = try first.ask(
      "/live/video/segment\(first.last + 1).m4s", stream: FakeStream(unacknowledged: 5))
    first.publish(frames: 3)
    first.removeStreams()
    #expect(open.stage == .cut)
    let second = try handler(rows)
    _ = try second.ask(
      "/live/video/segment\(second.last).m4s", stream: FakeStream(unacknowledged: 5))
    second.requests.stopped()
    rows.flush(SystemClock.monotonicTime, all: true)
    file.close()
    let found = try lines()
    #expect(found.compactMap { $0["segment"] } == ["\(first.last + 1)", "\(second.last)"])
    #expect(found.compactMap { $0["cut"] } == ["1", "0"])
  }

  @Test("a 304 is no row: it has no media")
  func notModified() throws {
    let file = try LineFile(url.path, .statistics(header: SegmentRows.header), log: log)
    let rows = SegmentRows(file)
    let handler = try handler(rows)
    let path = "/live/video/segment\(handler.last).m4s"
    let tag = try #require(try handler.ask(path, method: "HEAD").header("etag"))
    let answer = try handler.ask(path, ["If-None-Match: \(tag)"], stream: FakeStream())
    #expect(answer.status == 304 && answer.body.isEmpty)
    handler.requests.stopped()
    rows.flush(SystemClock.monotonicTime, all: true)
    file.close()
    #expect(try lines().isEmpty)
  }

  @Test("responses with media are rows if the stream saves statistics")
  func requests() throws {
    let file = try LineFile(url.path, .statistics(header: SegmentRows.header), log: log)
    let rows = SegmentRows(file)
    var options = StreamServingOptions()
    options.savesStatistics = true
    let handler = try SyntheticHandler(serving: options, clock: ManualClock(), rows: rows)
    handler.goLive()
    handler.publish(segments: 2)
    let stream = FakeStream(unacknowledged: 5)
    _ = try handler.ask("/live/video/segment\(handler.last).m4s", stream: stream)
    let open = try handler.ask("/live/video/segment\(handler.last + 1).m4s", stream: stream)
    _ = try handler.ask("/live/video/segment1.m4s", stream: stream)
    _ = try handler.ask("/live/video/playlist.m3u8", stream: stream)
    handler.publish(segments: 1)
    #expect(open.stage == .answered)
    stream.acknowledge(1000)
    handler.requests.expire(handler.loop.now + .seconds(1))
    let cut = try handler.ask("/live/video/segment\(handler.last + 1).m4s", stream: stream)
    handler.publish(frames: 3)
    cut.go()
    handler.requests.expire(handler.loop.now + .seconds(2))
    rows.flush(SystemClock.monotonicTime, all: true)
    file.close()
    let found = try lines()
    let numbers = [handler.last - 1, handler.last, handler.last + 1].map { "\($0)" }
    #expect(found.compactMap { $0["segment"] } == numbers)
    #expect(found.compactMap { $0["cut"] } == ["0", "0", "1"])
    #expect(found.allSatisfy { $0["rendition"] == "video" })
    #expect(found[0]["acknowledged"] != "" && found[2]["acknowledged"] == "")
    #expect(Int(found[1]["bytes"] ?? "") == open.body.count)
  }
}
