// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Packaging
import Server
import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

@testable import Statistics

@Suite("Delivery Directives, RFC 8216bis §6.2.5")
struct PlaylistRequestTests {
  private static func lists(_ exchange: FakeExchange, _ handler: SyntheticHandler, _ segment: Int64)
    -> Bool
  {
    exchange.text.contains("\n\(handler.served.names.name(ofSegment: segment))\n")
  }

  private static func lists(
    _ exchange: FakeExchange, _ handler: SyntheticHandler, part: Int64, of segment: Int64
  ) -> Bool {
    exchange.text.split(separator: "\n").contains {
      $0.hasPrefix("#EXT-X-PART:")
        && $0.contains("\"\(handler.served.names.name(ofPart: part, in: segment))\"")
    }
  }

  @Test("DD-01: _HLS_msn alone waits for the complete segment")
  func segment() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.playlist("_HLS_msn=\(number)")
    handler.publish(parts: 5)
    #expect(exchange.isHeld)
    handler.publish(parts: 1)
    #expect(exchange.status == 200)
    #expect(Self.lists(exchange, handler, number))
    #expect(exchange.answers == 1)
  }

  @Test("DD-02: with _HLS_part it waits for the part, which is there as soon as its last frame is")
  func part() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.playlist("_HLS_msn=\(number)&_HLS_part=4")
    handler.publish(frames: 2)
    #expect(exchange.isHeld)
    handler.publish(frames: 1)
    #expect(exchange.status == 200)
    #expect(Self.lists(exchange, handler, part: 4, of: number))
    #expect(exchange.header("x-playlist-version") == "\(number * 10 + 5)")
    #expect(exchange.header("x-held-ms") == nil, "no time has passed")
  }

  @Test("DD-03: a part after the end of a segment is part 0 of the next one")
  func pastTheEnd() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.playlist("_HLS_msn=\(number)&_HLS_part=10")
    handler.publish(parts: 6)
    #expect(exchange.isHeld)
    handler.publish(parts: 1)
    #expect(Self.lists(exchange, handler, part: 0, of: number + 1))
  }

  @Test(
    "DD-03: a held request whose segment ends early is answered by the next part, also after a gap"
  )
  func shortSegment() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.playlist("_HLS_msn=\(number)&_HLS_part=7")
    let whole = try handler.playlist("_HLS_msn=\(number)")
    handler.stream.skip(3)
    #expect(exchange.isHeld)
    handler.publish(parts: 1)
    #expect(exchange.status == 200)
    #expect(whole.status == 200)
    #expect(Self.lists(whole, handler, number))
    #expect(exchange.text.contains("#EXT-X-GAP"))
  }

  @Test(
    "DD-04, DD-05, DD-10: requests refused with 400 at once",
    arguments: [
      "_HLS_part=0", "_HLS_part=1&_HLS_skip=YES", "_HLS_msn={3}", "_HLS_msn={3}&_HLS_part=0",
      "_HLS_msn={1}&_HLS_part=34", "_HLS_msn=18446744073709551615",
      "_HLS_msn=9223372036854775807&_HLS_part=0", "_HLS_msn={1}&_HLS_part=18446744073709551615",
      "_HLS_msn=18446744073709551616", "_HLS_msn=-1", "_HLS_msn=", "_HLS_msn=1e3", "_HLS_msn=0x1",
      "_HLS_msn={0}&_HLS_msn={0}", "wait=x", "wait=100&version=-1", "version=", "_HLS_msn=%31%00",
    ])
  func refused(_ query: String) throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let exchange = try handler.playlist(
      query.replacing("{0}", with: "\(handler.last)").replacing("{1}", with: "\(handler.last + 1)")
        .replacing("{3}", with: "\(handler.last + 3)"))
    #expect(exchange.status == 400)
    // A repetition may be another query for a cache.
    let isAmbiguous = query == "_HLS_msn={0}&_HLS_msn={0}"
    #expect(
      exchange.header("cache-control") == (isAmbiguous ? "no-store" : "public, max-age=1"))
    #expect(exchange.text.utf8.count { $0 == 10 } == 1)
    #expect(handler.held == 0)
  }

  @Test(
    "DD-06: an old number is answered at once with all there is",
    arguments: ["0", "1", "L-30", "L"])
  func old(_ number: String) throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let msn = number == "L-30" ? "\(handler.last - 30)" : number == "L" ? "\(handler.last)" : number
    for query in ["_HLS_msn=\(msn)", "_HLS_msn=\(msn)&_HLS_part=0"] {
      let exchange = try handler.playlist(query)
      #expect(exchange.status == 200)
      #expect(exchange.text == (try handler.playlist()).text)
      #expect(exchange.header("cache-control") == "public, max-age=6")
    }
  }

  @Test("DD-07: after three target durations it is 503, to be asked again; not a moment before")
  func timeout() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let exchange = try handler.playlist("_HLS_msn=\(handler.last + 1)")
    #expect(handler.nextDeadline == handler.now + 3 * SyntheticHandler.second)
    handler.pass(3 * SyntheticHandler.second - 1)
    #expect(exchange.isHeld)
    handler.pass(3 * SyntheticHandler.second)
    #expect(exchange.status == 503)
    #expect(exchange.header("retry-after") == "1")
    #expect(exchange.header("cache-control") == "public, max-age=1")
    #expect(exchange.header("x-held-ms") == "3000")
    handler.publish(segments: 2)
    #expect(exchange.answers == 1)
    #expect(handler.counters.withLock { $0.holds.timeouts } == [.playlist: 1])
    #expect(handler.nextDeadline == .max)
  }

  @Test("no request is held longer than --hold-timeout, also with wait")
  func operatorsLimit() throws {
    var options = StreamServingOptions()
    options.holdLimit = .milliseconds(500)
    let handler = try SyntheticHandler(serving: options)
    handler.goLive()
    let poll = try handler.playlist("wait=3000")
    let blocking = try handler.playlist("_HLS_msn=\(handler.last + 1)")
    handler.pass(SyntheticHandler.second / 2 - 1)
    #expect(poll.isHeld && blocking.isHeld)
    handler.pass(SyntheticHandler.second / 2)
    #expect(poll.status == 200 && blocking.status == 503)
  }

  @Test("DD-08: the end answers held requests; later directives are ignored")
  func ended() throws {
    let handler = try SyntheticHandler.live(parts: 4, playlistLength: 20)
    let number = handler.last + 1
    let waiting = try [
      handler.playlist("_HLS_msn=\(number)"),
      handler.playlist("_HLS_msn=\(number + 1)&_HLS_part=0"),
      handler.playlist("_HLS_msn=\(number)&_HLS_skip=YES"), handler.playlist("wait=3000"),
    ]
    #expect(waiting.allSatisfy { $0.isHeld })
    handler.end()
    for exchange in waiting {
      #expect(exchange.status == 200)
      #expect(exchange.text.hasSuffix("#EXT-X-ENDLIST\n"))
      #expect(!exchange.text.contains("#EXT-X-SKIP"))
    }
    for query in [
      "", "_HLS_msn=\(number + 1000)", "_HLS_part=3", "_HLS_msn=x", "_HLS_skip=YES", "wait=1000",
      "_HLS_msn=1&_HLS_msn=1",
    ] {
      let exchange = try handler.playlist(query)
      #expect(exchange.status == 200, "\(query)")
      #expect(exchange.text == waiting[0].text)
    }
  }

  @Test("DD-09: a delta update, also together with a wait; other values are ignored")
  func delta() throws {
    let handler = try SyntheticHandler.live(playlistLength: 20)
    handler.publish(segments: 12)
    let number = handler.last + 1
    let held = try handler.playlist("_HLS_msn=\(number)&_HLS_part=1&_HLS_skip=YES")
    handler.publish(parts: 2)
    #expect(held.text.contains("\n#EXT-X-SKIP:SKIPPED-SEGMENTS="))
    #expect(held.text.contains("#EXT-X-VERSION:9\n"))
    #expect(Self.lists(held, handler, part: 1, of: number))
    let second = try handler.playlist("_HLS_skip=v2")
    #expect(second.text.contains("#EXT-X-VERSION:10\n"))
    #expect(second.text.contains("RECENTLY-REMOVED-DATERANGES"))
    for value in ["NO", "yes", "", "v3"] {
      #expect(try handler.playlist("_HLS_skip=\(value)").text == handler.playlist().text)
    }
  }

  @Test(
    "DD-11: other parameters are ignored and never echoed",
    arguments: ["", "_HLS_msn=1&", "_HLS_skip=YES&"])
  func foreign(_ directives: String) throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let with = try handler.playlist(directives + "_HLS_foo=1&token=secret&_HLS_foo=2&=&&a")
    #expect(with.status == 200)
    #expect(!with.text.contains("secret"))
    #expect(with.text == (try handler.playlist(String(directives.dropLast()))).text)
  }

  @Test(
    "DD-12: while the stream starts everything is held, and then answered",
    arguments: [
      "/live.m3u8", "/live/playlist.m3u8", "/live/video/playlist.m3u8?_HLS_msn=1",
      "/live/chunked.m3u8",
      "/live/video/init-\(SyntheticHandler.headerHash).mp4", "/timestamps.json",
    ])
  func starting(_ path: String) throws {
    let handler = try SyntheticHandler()
    let exchange = try handler.ask(path)
    #expect(exchange.isHeld)
    #expect(handler.counters.withLock { $0.holds.waiting[.start] } == 1)
    handler.pass(8 * SyntheticHandler.second - 1)
    #expect(exchange.isHeld)
    handler.goLive()
    #expect(exchange.status == 200)
    #expect(exchange.answers == 1)
    #expect(handler.held == 0)
  }

  @Test("a start that takes eight seconds is 503 for held requests")
  func longStart() throws {
    let handler = try SyntheticHandler()
    let exchange = try handler.playlist()
    #expect(handler.nextDeadline == handler.now + 8 * SyntheticHandler.second)
    handler.pass(8 * SyntheticHandler.second)
    #expect(exchange.status == 503)
    handler.goLive()
    #expect(exchange.answers == 1)
  }

  @Test("RS-04: a playlist without a complete segment is never answered")
  func noSegment() throws {
    let handler = try SyntheticHandler()
    handler.goLive(prefill: 0)
    let (plain, chunked) = try (handler.playlist(), handler.ask("/live/chunked.m3u8"))
    handler.publish(frames: 29)
    #expect(plain.isHeld && chunked.isHeld)
    handler.publish(frames: 1)
    #expect(plain.status == 200 && chunked.status == 200)
    #expect(Self.lists(plain, handler, handler.last))
  }

  @Test("a stream that ends without a segment releases held requests at once")
  func endedEmpty() throws {
    for isLive in [false, true] {
      let handler = try SyntheticHandler()
      if isLive { handler.goLive(prefill: 0) }
      let (playlist, segment) = try (
        handler.playlist(), handler.media("segment\(handler.stream.next / 30).m4s")
      )
      handler.end()
      #expect(playlist.status == 503)
      #expect(segment.status == 404)
      #expect(handler.held == 0)
    }
  }

  @Test("DD-13: no response without the requested part, in all orders of publication")
  func neverEarly() throws {
    let handler = try SyntheticHandler.live()
    for step in Int64(0)..<40 {
      let version = handler.snapshot.version
      let (msn, part) = ((version + 3) / 10, (version + 3) % 10)
      let exchange = try handler.playlist("_HLS_msn=\(msn)&_HLS_part=\(part)")
      _ = try handler.playlist(step % 2 == 0 ? "" : "_HLS_skip=YES")
      for _ in 0..<3 {
        #expect(exchange.isHeld)
        handler.publish(parts: 1)
      }
      handler.publish(parts: 1)
      #expect(Self.lists(exchange, handler, part: part, of: msn))
    }
  }

  @Test("DD-15: wait is answered by the next part, or at its end with the current playlist")
  func poll() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let version = handler.snapshot.version
    let (waits, times) = try (
      handler.playlist("wait=1000&version=\(version)"),
      handler.playlist("wait=500&version=\(version)")
    )
    #expect(handler.nextDeadline == handler.now + SyntheticHandler.second / 2)
    handler.pass(SyntheticHandler.second / 2)
    #expect(times.status == 200)
    #expect(times.header("cache-control") == "no-store")
    #expect(times.header("x-playlist-version") == "\(version)")
    #expect(waits.isHeld)
    handler.publish(parts: 1)
    #expect(waits.header("cache-control") == "public, max-age=1")
    #expect(waits.header("x-playlist-version") == "\(version + 1)")
    #expect(waits.text.contains("\(version + 1)"))
  }

  @Test(
    "DD-15: an old version is answered at once, and one of another numbering, not to be kept")
  func pollAtOnce() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let version = handler.snapshot.version
    let rows: [(String, String)] = [
      ("wait=1000&version=\(version - 1)", "public, max-age=1"),
      ("wait=1000&version=0", "public, max-age=1"),
      ("wait=1000&version=\(version + 31)", "no-store"),
      ("wait=1000&version=18446744073709551615", "no-store"),
      ("wait=0&version=\(version)", "no-store"), ("wait=0", "no-store"),
      ("version=\(version)", "public, max-age=1"),
    ]
    for (query, caching) in rows {
      let exchange = try handler.playlist(query)
      #expect(exchange.status == 200, "\(query)")
      #expect(exchange.header("cache-control") == caching, "\(query)")
    }
  }

  @Test("DD-15: a version shortly ahead is held until the playlist is newer, or wait is over")
  func pollAhead() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let version = handler.snapshot.version
    let (waits, times) = try (
      handler.playlist("wait=3000&version=\(version + 2)"),
      handler.playlist("wait=500&version=\(version + 30)")
    )
    handler.publish(parts: 2)
    #expect(waits.isHeld && times.isHeld)
    handler.publish(parts: 1)
    #expect(waits.header("x-playlist-version") == "\(version + 3)")
    #expect(waits.header("cache-control") == "public, max-age=1")
    handler.pass(SyntheticHandler.second / 2)
    #expect(times.status == 200 && times.header("cache-control") == "no-store")
  }

  @Test(
    "DD-15: an absurd wait is three target durations", arguments: ["18446744073709551615", "3001"])
  func longPoll(_ wait: String) throws {
    let handler = try SyntheticHandler.live(parts: 4)
    _ = try handler.playlist("wait=\(wait)")
    #expect(handler.nextDeadline == handler.now + 3 * SyntheticHandler.second)
  }

  @Test("one answer for HEAD, without a body, held in the same way")
  func head() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let path = "/live/video/playlist.m3u8?_HLS_msn=\(handler.last + 1)&_HLS_part=4"
    let exchange = try handler.ask(path, method: "HEAD")
    #expect(exchange.isHeld)
    handler.publish(parts: 1)
    #expect(exchange.status == 200 && exchange.body.isEmpty)
  }

  @Test("with --absolute-urls the URLs of an open stream begin with the public URL, at each depth")
  func absolute() throws {
    var options = ServingOptions()
    (options.publicURL, options.hasAbsoluteURLs) = ("https://h/tv", true)
    let handler = try SyntheticHandler(options: options)
    handler.goLive()
    handler.publish(parts: 4)
    for path in ["/live/video/playlist.m3u8", "/live.m3u8", "/live/chunked.m3u8"] {
      let text = try handler.ask(path).text
      #expect(text.contains("#EXT-X-MAP:URI=\"https://h/tv/live/video/init-"), "\(path)")
      #expect(text.contains("\nhttps://h/tv/live/video/segment"), "\(path)")
      #expect(!text.contains("URI=\"segment"), "\(path)")
    }
    var serving = StreamServingOptions()
    serving.playbackKeys = [try #require(TokenKey("k1:0123456789abcdef0123456789abcdef"))]
    #expect(options.playlistRoot(serving) == nil)
  }

  @Test("relative URIs fit the depth of the path that was asked")
  func depths() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let rows = [
      ("/live.m3u8", "live/video/"), ("/playlist.m3u8", "live/video/"),
      ("/index.m3u8", "live/video/"),
      ("/live/playlist.m3u8", "video/"), ("/live/index.m3u8", "video/"),
      ("/live/video/playlist.m3u8", ""), ("/live/chunked.m3u8", "video/"),
      ("/live/video/chunked.m3u8", ""),
    ]
    for (path, base) in rows {
      let exchange = try handler.ask(path)
      #expect(exchange.text.contains("URI=\"\(base)init-"), "\(path)")
      #expect(exchange.text.contains("\n\(base)segment\(handler.last).m4s\n"), "\(path)")
    }
  }
}
