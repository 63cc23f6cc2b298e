// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import TestSupport
import Testing
import Time

@testable import Server

@Suite("Texts that only responses keep are past media")
struct UnreadTextTests {
  private static func count(_ exchange: FakeExchange) -> Bool {
    !exchange.bytes.isEmpty && exchange.bytes.allSatisfy { $0.pastDeadline != nil }
  }

  @Test("an MPD for an invented Host counts when the cache forgets it")
  func manifests() throws {
    let handler = try SyntheticHandler.live()
    let first = try handler.ask("/live/manifest.mpd", host: "first.example")
    for number in 0..<63 { _ = try handler.ask("/live/manifest.mpd", host: "h\(number).example") }
    #expect(!Self.count(first))
    let next = try handler.ask("/live/manifest.mpd", host: "next.example")
    #expect(Self.count(first) && !Self.count(next))
    handler.stream.skip(0, offset: 100_000_000)
    handler.publish(segments: 1)
    _ = try handler.ask("/live/manifest.mpd", host: "next.example")
    #expect(Self.count(next))
  }

  @Test(
    "a text that is rendered for one request counts at once",
    arguments: ["/live/timestamps.json", "/streams.json"])
  func documents(path: String) throws {
    let handler = try SyntheticHandler.live()
    let response = try handler.ask(path)
    #expect(response.status == 200 && Self.count(response))
  }

  @Test("a playlist counts when a newer one replaces it")
  func playlists() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let path = "/live/video/playlist.m3u8"
    let fields = ["Accept-Encoding: gzip"]
    let before = [try handler.ask(path), try handler.ask(path, fields)]
    let later = try handler.ask(path)
    #expect(later.bytes.first === before[0].bytes.first && !Self.count(later))
    handler.publish(parts: 1)
    _ = try handler.ask(path)
    #expect(before.allSatisfy { Self.count($0) })
  }

  @Test("metrics are one text for many responses, and count when a newer one replaces it")
  func metrics() throws {
    let handler = try SyntheticHandler.live()
    let state = handler.serverState
    let start = MonotonicTime.origin + .seconds(1000)
    let texts = (0..<100).map { _ in state.metrics(at: start) }
    // Those of the burst are rendered.
    #expect(texts[9...].allSatisfy { $0 === texts[9] } && texts[9].pastDeadline == nil)
    #expect(texts[..<9].allSatisfy { $0.pastDeadline == start + PastMedia.textTime })
    #expect(state.metrics(at: start + .milliseconds(100)) !== texts[9])
    #expect(texts[9].pastDeadline != nil)
  }

  @Test("a response repeats few characters of an unknown method")
  func method() throws {
    let handler = try SyntheticHandler.live()
    let response = try handler.ask("/live/", method: String(repeating: "A", count: 3000))
    #expect(response.status == 405 && response.bytes[0].count < 200)
  }
}
