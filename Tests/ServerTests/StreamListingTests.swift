// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Logging
import Net
import Server
import ServerTestSupport
import Streams
import TestSupport
import Testing

@Suite("The list of streams")
struct StreamListingTests {
  private static let secret = "0123456789abcdef0123456789abcdef"

  /// A stream that was not started.
  private func add(
    _ name: String, to handler: SyntheticHandler, onDemand: Bool = false,
    _ change: (inout StreamServingOptions) -> Void = { _ in }
  ) {
    var plan = StreamPlan(name: name) { _ throws(SessionFailure) in throw .thread }
    plan.isOnDemand = onDemand
    var options = StreamServingOptions()
    change(&options)
    let log = Log(format: .text, least: .error) { _ in }
    handler.serverState.add(StreamSupervisor(plan, log: log), options: options)
    handler.requests.woken()
  }

  @Test("/ is the player page with one stream and the list with several, whatever the query")
  func page() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    for query in ["", "?", "?x", "?embed", "?panel=1", "?src=a"] {
      #expect(try handler.ask("/" + query).text == "<html>")
    }
    add("late", to: handler)
    for query in ["", "?", "?x", "?embedded=1", "?utm_source=src&Embed", "?=embed", "?&&"] {
      let list = try handler.ask("/" + query)
      #expect(list.status == 200 && list.text == "<ul>", "\(query)")
    }
    #expect(try handler.ask("/live/").text == "<html>")
  }

  @Test(
    "parameters of the player lead from / to the default stream; no cache keeps it, RFC 9111 §4",
    arguments: [
      ("?embed", "?embed"), ("?panel", "?panel"), ("?panel=1&x=%20", "?panel=1&x=%20"),
      ("?x&muted=0", "?x&muted=0"), ("?%65mbed", "?%65mbed"), ("?player=ws&", "?player=ws&"),
      ("?transport=ws", "?transport=ws"), ("?target=1", "?target=1"), ("?sync=a", "?sync=a"),
      ("?at=0", "?at=0"), ("?timebar=0", "?timebar=0"), ("?controls=0", "?controls=0"),
      ("?autoplay=0", "?autoplay=0"),
      // A relative URL is seen from one folder below.
      ("?src=up/live.m3u8&target=1", "?src=../up/live.m3u8&target=1"),
      ("?src=up%2Flive.m3u8", "?src=../up%2Flive.m3u8"), ("?src=./a.mpd", "?src=.././a.mpd"),
      ("?src=/up/live.m3u8", "?src=/up/live.m3u8"), ("?src=%2fup", "?src=%2fup"),
      ("?src=https://a/b.m3u8", "?src=https://a/b.m3u8"), ("?src=http%3A//a", "?src=http%3A//a"),
      ("?src=", "?src="), ("?src", "?src"), ("?hlsjs=a.js", "?hlsjs=../a.js"),
    ])
  func player(query: String, location: String) throws {
    let handler = try SyntheticHandler.live(parts: 4)
    add("late", to: handler)
    for (method, path) in [("GET", "/"), ("HEAD", "/"), ("GET", "/t/token/")] {
      let response = try handler.ask(path + query, method: method)
      #expect(response.status == 307 && response.header("cache-control") == "no-store")
      #expect(response.header("location") == "./live/" + location)
    }
  }

  @Test("the default stream is live, else the first one")
  func defaultStream() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    handler.removeStreams()
    for name in ["b", "a"] { add(name, to: handler) }
    #expect(try handler.ask("/?embed").header("location") == "./b/?embed")
    add("live", to: handler)
    #expect(try handler.ask("/?embed").header("location") == "./live/?embed")
  }

  @Test("/streams.json has names and states")
  func names() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    add("late", to: handler, onDemand: true) { $0.label = "The \"late\" one" }
    let text = try handler.ask("/streams.json").text
    #expect(
      text.hasPrefix(
        #"[{"name":"live","label":"live","state":"live","onDemand":false,"source":{"online":"#))
    #expect(
      text.hasSuffix(
        #"{"name":"late","label":"The \"late\" one","state":"idle","onDemand":true}]"# + "\n"))
  }

  @Test("streams with playback tokens are not named, and do not count")
  func tokens() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let key = try #require(TokenKey("k1:\(Self.secret)"))
    add("secret", to: handler) { $0.playbackKeys = [key] }
    #expect(try handler.ask("/").text == "<html>")
    #expect(try !handler.ask("/streams.json").text.contains("secret"))
    // Nor does a redirect name the default stream.
    handler.removeStreams()
    add("secret", to: handler) { $0.playbackKeys = [key] }
    for name in ["a", "b"] { add(name, to: handler) }
    #expect(try handler.ask("/").text == "<ul>")
    let page = try handler.ask("/?embed")
    #expect(page.status == 200 && page.text == "<html>")
    #expect(page.header("cache-control") == "no-store" && page.header("location") == nil)
  }
}
