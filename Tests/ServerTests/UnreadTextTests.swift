// SPDX-License-Identifier: Apache-2.0

import HTTP
import Server
import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

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

  @Test("a text that is rendered for one request counts at once")
  func documents() throws {
    let handler = try SyntheticHandler.live()
    let response = try handler.ask("/streams.json")
    #expect(response.status == 200 && Self.count(response))
  }

  @Test("the members of timestamps.json are one text for many responses, the rest counts at once")
  func timestamps() throws {
    let handler = try SyntheticHandler.live()
    let path = "/live/timestamps.json"
    let responses = try (0..<3).map { _ in try handler.ask(path).bytes }
    for bytes in responses {
      #expect(bytes.map { $0.pastDeadline == nil } == [false, true, false])
      #expect(bytes[1] === responses[0][1] && bytes[0].count + bytes[2].count < 300)
    }
    handler.publish(parts: 1)
    _ = try handler.ask(path)
    #expect(responses[0][1].pastDeadline != nil)
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
