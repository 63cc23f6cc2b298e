import HTTP
import Packaging
import Sharing
import TestSupport
import Testing

@testable import Server

@Suite("Delivery Directives, RFC 8216bis §6.2.5")
struct PlaylistRequestTests {
  private static func lists(_ exchange: FakeExchange, _ desk: SyntheticDesk, _ segment: Int64)
    -> Bool
  {
    exchange.text.contains("\n\(desk.served.names.name(ofSegment: segment))\n")
  }

  private static func lists(
    _ exchange: FakeExchange, _ desk: SyntheticDesk, part: Int64, of segment: Int64
  ) -> Bool {
    exchange.text.split(separator: "\n").contains {
      $0.hasPrefix("#EXT-X-PART:")
        && $0.contains("\"\(desk.served.names.name(ofPart: part, in: segment))\"")
    }
  }

  @Test("DD-01: _HLS_msn alone waits for the complete segment")
  func segment() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let number = desk.last + 1
    let exchange = try desk.playlist("_HLS_msn=\(number)")
    desk.publish(parts: 5)
    #expect(exchange.isHeld)
    desk.publish(parts: 1)
    #expect(exchange.status == 200)
    #expect(Self.lists(exchange, desk, number))
    #expect(exchange.answers == 1)
  }

  @Test("DD-02: with _HLS_part it waits for the part, which is there as soon as its last frame is")
  func part() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let number = desk.last + 1
    let exchange = try desk.playlist("_HLS_msn=\(number)&_HLS_part=4")
    desk.publish(frames: 2)
    #expect(exchange.isHeld)
    desk.publish(frames: 1)
    #expect(exchange.status == 200)
    #expect(Self.lists(exchange, desk, part: 4, of: number))
    #expect(exchange.header("x-playlist-version") == "\(number * 10 + 5)")
    #expect(exchange.header("x-held-ms") == nil, "no time has passed")
  }

  @Test("DD-03: a part behind the end of a segment is part 0 of the next one")
  func pastTheEnd() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let number = desk.last + 1
    let exchange = try desk.playlist("_HLS_msn=\(number)&_HLS_part=10")
    desk.publish(parts: 6)
    #expect(exchange.isHeld)
    desk.publish(parts: 1)
    #expect(Self.lists(exchange, desk, part: 0, of: number + 1))
  }

  @Test(
    "DD-03 while waiting: a segment that ends early is answered by the next part, a gap between or not"
  )
  func shortSegment() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let number = desk.last + 1
    let exchange = try desk.playlist("_HLS_msn=\(number)&_HLS_part=7")
    let whole = try desk.playlist("_HLS_msn=\(number)")
    desk.stream.skip(3)
    #expect(exchange.isHeld)
    desk.publish(parts: 1)
    #expect(exchange.status == 200)
    #expect(whole.status == 200)
    #expect(Self.lists(whole, desk, number))
    #expect(exchange.text.contains("#EXT-X-GAP"))
  }

  @Test(
    "DD-04, DD-05, DD-10: what is refused with 400 at once",
    arguments: [
      "_HLS_part=0", "_HLS_part=1&_HLS_skip=YES", "_HLS_msn={3}", "_HLS_msn={3}&_HLS_part=0",
      "_HLS_msn={1}&_HLS_part=34", "_HLS_msn=18446744073709551615",
      "_HLS_msn=9223372036854775807&_HLS_part=0", "_HLS_msn={1}&_HLS_part=18446744073709551615",
      "_HLS_msn=18446744073709551616", "_HLS_msn=-1", "_HLS_msn=", "_HLS_msn=1e3", "_HLS_msn=0x1",
      "_HLS_msn={0}&_HLS_msn={0}", "wait=x", "wait=100&version=-1", "version=", "_HLS_msn=%31%00",
    ])
  func refused(_ query: String) throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let exchange = try desk.playlist(
      query.replacing("{0}", with: "\(desk.last)").replacing("{1}", with: "\(desk.last + 1)")
        .replacing("{3}", with: "\(desk.last + 3)"))
    #expect(exchange.status == 400)
    #expect(exchange.header("cache-control") == "public, max-age=1")
    #expect(exchange.text.utf8.count { $0 == 10 } == 1)
    #expect(desk.held == 0)
  }

  @Test(
    "DD-06: an old number is answered at once with all there is",
    arguments: ["0", "1", "L-30", "L"])
  func old(_ number: String) throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let msn = number == "L-30" ? "\(desk.last - 30)" : number == "L" ? "\(desk.last)" : number
    for query in ["_HLS_msn=\(msn)", "_HLS_msn=\(msn)&_HLS_part=0"] {
      let exchange = try desk.playlist(query)
      #expect(exchange.status == 200)
      #expect(exchange.text == (try desk.playlist()).text)
      #expect(exchange.header("cache-control") == "public, max-age=6")
    }
  }

  @Test("DD-07: after three target durations it is 503, to be asked again; not a moment before")
  func timeout() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let exchange = try desk.playlist("_HLS_msn=\(desk.last + 1)")
    #expect(desk.requests.nextDeadline == desk.now + 3 * SyntheticDesk.second)
    desk.pass(3 * SyntheticDesk.second - 1)
    #expect(exchange.isHeld)
    desk.pass(3 * SyntheticDesk.second)
    #expect(exchange.status == 503)
    #expect(exchange.header("retry-after") == "1")
    #expect(exchange.header("cache-control") == "public, max-age=1")
    #expect(exchange.header("x-held-ms") == "3000")
    desk.publish(segments: 2)
    #expect(exchange.answers == 1)
    #expect(desk.counters.withLock { $0.holds.timeouts } == [.playlist: 1])
    #expect(desk.requests.nextDeadline == .max)
  }

  @Test("no request is held for longer than the operator wants, a simple poller's neither")
  func operatorsLimit() throws {
    var options = ServingOptions()
    options.holdLimit = SyntheticDesk.second / 2
    let desk = try SyntheticDesk(options: options)
    desk.goLive()
    let poll = try desk.playlist("wait=3000")
    let blocking = try desk.playlist("_HLS_msn=\(desk.last + 1)")
    desk.pass(SyntheticDesk.second / 2 - 1)
    #expect(poll.isHeld && blocking.isHeld)
    desk.pass(SyntheticDesk.second / 2)
    #expect(poll.status == 200 && blocking.status == 503)
  }

  @Test("DD-08: an end answers who waits, and directives mean nothing any more")
  func ended() throws {
    let desk = try SyntheticDesk.live(parts: 4, playlistLength: 20)
    let number = desk.last + 1
    let waiting = try [
      desk.playlist("_HLS_msn=\(number)"),
      desk.playlist("_HLS_msn=\(number + 1)&_HLS_part=0"),
      desk.playlist("_HLS_msn=\(number)&_HLS_skip=YES"), desk.playlist("wait=3000"),
    ]
    #expect(waiting.allSatisfy { $0.isHeld })
    desk.end()
    for exchange in waiting {
      #expect(exchange.status == 200)
      #expect(exchange.text.hasSuffix("#EXT-X-ENDLIST\n"))
      #expect(!exchange.text.contains("#EXT-X-SKIP"))
    }
    for query in [
      "", "_HLS_msn=\(number + 1000)", "_HLS_part=3", "_HLS_msn=x", "_HLS_skip=YES", "wait=1000",
      "_HLS_msn=1&_HLS_msn=1",
    ] {
      let exchange = try desk.playlist(query)
      #expect(exchange.status == 200, "\(query)")
      #expect(exchange.text == waiting[0].text)
    }
  }

  @Test("DD-09: a delta update, also together with a wait; other values are ignored")
  func delta() throws {
    let desk = try SyntheticDesk.live(playlistLength: 20)
    desk.publish(segments: 12)
    let number = desk.last + 1
    let held = try desk.playlist("_HLS_msn=\(number)&_HLS_part=1&_HLS_skip=YES")
    desk.publish(parts: 2)
    #expect(held.text.contains("\n#EXT-X-SKIP:SKIPPED-SEGMENTS="))
    #expect(held.text.contains("#EXT-X-VERSION:9\n"))
    #expect(Self.lists(held, desk, part: 1, of: number))
    let second = try desk.playlist("_HLS_skip=v2")
    #expect(second.text.contains("#EXT-X-VERSION:10\n"))
    #expect(second.text.contains("RECENTLY-REMOVED-DATERANGES"))
    for value in ["NO", "yes", "", "v3"] {
      #expect(try desk.playlist("_HLS_skip=\(value)").text == desk.playlist().text)
    }
  }

  @Test(
    "DD-11: other parameters are ignored and never echoed",
    arguments: ["", "_HLS_msn=1&", "_HLS_skip=YES&"])
  func foreign(_ directives: String) throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let with = try desk.playlist(directives + "_HLS_foo=1&token=secret&_HLS_foo=2&=&&a")
    #expect(with.status == 200)
    #expect(!with.text.contains("secret"))
    #expect(with.text == (try desk.playlist(String(directives.dropLast()))).text)
  }

  @Test(
    "DD-12: while the stream starts everything is held, and then answered",
    arguments: [
      "/live.m3u8", "/live/playlist.m3u8", "/live/video/playlist.m3u8?_HLS_msn=1",
      "/live/chunked.m3u8",
      "/live/video/init-\(SyntheticDesk.headerHash).mp4", "/timestamps.json",
    ])
  func starting(_ path: String) throws {
    let desk = try SyntheticDesk()
    let exchange = try desk.ask(path)
    #expect(exchange.isHeld)
    #expect(desk.counters.withLock { $0.holds.waiting[.start] } == 1)
    desk.pass(8 * SyntheticDesk.second - 1)
    #expect(exchange.isHeld)
    desk.goLive()
    #expect(exchange.status == 200)
    #expect(exchange.answers == 1)
    #expect(desk.held == 0)
  }

  @Test("a start that takes eight seconds is 503 for those who waited")
  func longStart() throws {
    let desk = try SyntheticDesk()
    let exchange = try desk.playlist()
    #expect(desk.requests.nextDeadline == desk.now + 8 * SyntheticDesk.second)
    desk.pass(8 * SyntheticDesk.second)
    #expect(exchange.status == 503)
    desk.goLive()
    #expect(exchange.answers == 1)
  }

  @Test("RS-04: a playlist without a complete segment is never answered")
  func noSegment() throws {
    let desk = try SyntheticDesk()
    desk.goLive(history: 0)
    let (plain, chunked) = try (desk.playlist(), desk.ask("/live/chunked.m3u8"))
    desk.publish(frames: 29)
    #expect(plain.isHeld && chunked.isHeld)
    desk.publish(frames: 1)
    #expect(plain.status == 200 && chunked.status == 200)
    #expect(Self.lists(plain, desk, desk.last))
  }

  @Test("a stream that ends before it has a segment lets go of those who wait at once")
  func endedEmpty() throws {
    for isLive in [false, true] {
      let desk = try SyntheticDesk()
      if isLive { desk.goLive(history: 0) }
      let (playlist, segment) = try (
        desk.playlist(), desk.media("segment\(desk.stream.next / 30).m4s")
      )
      desk.end()
      #expect(playlist.status == 503)
      #expect(segment.status == 404)
      #expect(desk.held == 0)
    }
  }

  @Test("DD-13: never an answer that has not got there, whatever else is published or asked")
  func neverEarly() throws {
    let desk = try SyntheticDesk.live()
    for step in Int64(0)..<40 {
      let version = desk.snapshot.version
      let (msn, part) = ((version + 3) / 10, (version + 3) % 10)
      let exchange = try desk.playlist("_HLS_msn=\(msn)&_HLS_part=\(part)")
      _ = try desk.playlist(step % 2 == 0 ? "" : "_HLS_skip=YES")
      for _ in 0..<3 {
        #expect(exchange.isHeld)
        desk.publish(parts: 1)
      }
      desk.publish(parts: 1)
      #expect(Self.lists(exchange, desk, part: part, of: msn))
    }
  }

  @Test("DD-15: wait is answered by the next part, or at its end by what there is")
  func poll() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let version = desk.snapshot.version
    let (waits, times) = try (
      desk.playlist("wait=1000&version=\(version)"),
      desk.playlist("wait=500&version=\(version)")
    )
    #expect(desk.requests.nextDeadline == desk.now + SyntheticDesk.second / 2)
    desk.pass(SyntheticDesk.second / 2)
    #expect(times.status == 200)
    #expect(times.header("cache-control") == "no-store")
    #expect(times.header("x-playlist-version") == "\(version)")
    #expect(waits.isHeld)
    desk.publish(parts: 1)
    #expect(waits.header("cache-control") == "public, max-age=1")
    #expect(waits.header("x-playlist-version") == "\(version + 1)")
    #expect(waits.text.contains("\(version + 1)"))
  }

  @Test(
    "DD-15: a version that is old is answered at once, one that is ahead as well, not to be kept")
  func pollAtOnce() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let version = desk.snapshot.version
    let rows: [(String, String)] = [
      ("wait=1000&version=\(version - 1)", "public, max-age=1"),
      ("wait=1000&version=0", "public, max-age=1"),
      ("wait=1000&version=\(version + 1)", "no-store"),
      ("wait=1000&version=18446744073709551615", "no-store"),
      ("wait=0&version=\(version)", "no-store"), ("wait=0", "no-store"),
      ("version=\(version)", "public, max-age=1"),
    ]
    for (query, caching) in rows {
      let exchange = try desk.playlist(query)
      #expect(exchange.status == 200, "\(query)")
      #expect(exchange.header("cache-control") == caching, "\(query)")
    }
  }

  @Test(
    "DD-15: an absurd wait is three target durations", arguments: ["18446744073709551615", "3001"])
  func longPoll(_ wait: String) throws {
    let desk = try SyntheticDesk.live(parts: 4)
    _ = try desk.playlist("wait=\(wait)")
    #expect(desk.requests.nextDeadline == desk.now + 3 * SyntheticDesk.second)
  }

  @Test("one answer for HEAD, without a body, held in the same way")
  func head() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let path = "/live/video/playlist.m3u8?_HLS_msn=\(desk.last + 1)&_HLS_part=4"
    let exchange = try desk.ask(path, method: "HEAD")
    #expect(exchange.isHeld)
    desk.publish(parts: 1)
    #expect(exchange.status == 200 && exchange.body.isEmpty)
  }

  @Test("relative URIs fit the depth of the path that was asked")
  func depths() throws {
    let desk = try SyntheticDesk.live(parts: 4)
    let rows = [
      ("/live.m3u8", "live/video/"), ("/playlist.m3u8", "live/video/"),
      ("/index.m3u8", "live/video/"),
      ("/live/playlist.m3u8", "video/"), ("/live/index.m3u8", "video/"),
      ("/live/video/playlist.m3u8", ""), ("/live/chunked.m3u8", "video/"),
      ("/live/video/chunked.m3u8", ""),
    ]
    for (path, base) in rows {
      let exchange = try desk.ask(path)
      #expect(exchange.text.contains("URI=\"\(base)init-"), "\(path)")
      #expect(exchange.text.contains("\n\(base)segment\(desk.last).m4s\n"), "\(path)")
    }
  }
}
