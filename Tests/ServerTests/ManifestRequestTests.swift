// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import ServerTestSupport
import TestSupport
import Testing
import Time

@testable import Server

@Suite("Requests for MPDs, and response fields for players and caches")
struct ManifestRequestTests {
  @Test("the first MPD is held until the window is full, then it is complete")
  func first() throws {
    let handler = try SyntheticHandler()
    let early = try handler.ask("/live/manifest.mpd")
    #expect(early.isHeld)
    handler.goLive()
    #expect(early.status == 200 && early.text.contains("availabilityTimeComplete=\"false\""))
    #expect(early.header("content-type") == "application/dash+xml")
    #expect(early.header("cache-control") == "public, max-age=1")
  }

  @Test("held beyond the limit: 503, never an MPD that is not complete")
  func neverComplete() throws {
    let handler = try SyntheticHandler()
    handler.goLive(prefill: 0)
    let early = try handler.ask("/live/manifest.mpd")
    handler.publish(frames: 29)
    #expect(early.isHeld)
    handler.pass(9 * SyntheticHandler.second)
    #expect(early.status == 503 && early.header("retry-after") == "1")
  }

  @Test(
    "If-None-Match, RFC 9110 §13.1.2",
    arguments: [
      ("TAG", 304), ("W/TAG", 304), ("\"a\", TAG", 304), ("\"a\",TAG ,\"b\"", 304), ("*", 304),
      ("\"a\"", 200), ("", 200), ("tag", 200), ("\"TAG", 200),
    ])
  func unchanged(row: (field: String, status: Int)) throws {
    let handler = try SyntheticHandler.live()
    let first = try handler.ask("/live/manifest.mpd")
    let tag = try #require(first.header("etag"))
    handler.publish(segments: 3)
    let field = row.field.replacing("TAG", with: tag)
    let again = try handler.ask("/live/manifest.mpd", ["If-None-Match: \(field)"])
    #expect(again.status == row.status && again.header("etag") == tag)
    #expect(again.body.isEmpty == (row.status == 304))
  }

  @Test("one rendering per location until the MPD changes")
  func renderings() throws {
    let handler = try SyntheticHandler.live()
    for _ in 0..<5 {
      _ = try handler.ask("/live/manifest.mpd")
      handler.publish(segments: 1)
    }
    #expect(handler.served.manifests.renderings == 1)
    _ = try handler.ask("/manifest.mpd")
    _ = try handler.ask("/ldash/play/live/manifest.mpd")
    #expect(handler.served.manifests.renderings == 3)
    handler.stream.skip(0, offset: 100_000_000)
    handler.publish(segments: 1)
    let stepped = try handler.ask("/live/manifest.mpd")
    #expect(stepped.text.components("<Period ") == 2)
    #expect(handler.served.manifests.renderings == 4)
  }

  @Test("invented hosts do not grow the cache and are escaped in XML")
  func hosts() throws {
    let handler = try SyntheticHandler.live()
    for number in 0..<300 {
      let lines = "GET /live/manifest.mpd HTTP/1.1\r\nHost: h\(number)'&.example\r\n\r\n"
      var parser = RequestHeadParser()
      var position = 0
      let bytes = Array(lines.utf8)
      let exchange = FakeExchange(try #require(try parser.next(bytes.span, &position)))
      handler.requests.handle(exchange)
      #expect(exchange.text.contains("http://h\(number)&apos;&amp;.example/time?iso"))
    }
    #expect(handler.served.manifests.copyCount <= 64)
  }

  @Test("the location of the MPD decides its BaseURL; absolute URLs follow --public-url")
  func places() throws {
    let handler = try SyntheticHandler.live()
    let bases = [
      "/live/manifest.mpd": nil, "/manifest.mpd": "live/", "/ldash/live/manifest.mpd": nil,
      "/ldash/play/live/manifest.mpd": "../../../live/",
    ]
    for (path, base) in bases {
      let text = try handler.ask(path).text
      #expect(text.contains("<BaseURL>\(base ?? "")") == (base != nil), "\(path)")
      #expect(text.contains("value=\"http://x/time?iso\""))
    }
    var options = ServingOptions()
    options.publicURL = "https://cdn.example/cam"
    let public_ = try SyntheticHandler(options: options)
    public_.goLive()
    let text = try public_.ask("/live/manifest.mpd").text
    #expect(text.contains("value=\"https://cdn.example/cam/time?iso\"") && !text.contains("//x/"))
  }

  @Test(
    "/ldash/play answers a browser with the page",
    arguments: [
      ("/ldash/play/live/manifest.mpd", "text/html,*/*;q=0.8", "text/html; charset=utf-8"),
      ("/ldash/play/live/manifest.mpd", "*/*", "application/dash+xml"),
      // RFC 9110 §12.4.2: the weight 0 means "not acceptable".
      ("/ldash/play/live/manifest.mpd", "text/html;q=0", "application/dash+xml"),
      ("/ldash/play/live/manifest.mpd", "text/html;q=0.1, */*", "application/dash+xml"),
      ("/ldash/play/live", "*/*", "text/html; charset=utf-8"),
      ("/ldash/play/live/", "*/*", "text/html; charset=utf-8"),
      ("/live/manifest.mpd", "text/html", "application/dash+xml"),
    ])
  func negotiated(row: (path: String, accept: String, type: String)) throws {
    let handler = try SyntheticHandler.live()
    let answer = try handler.ask(row.path, ["Accept: \(row.accept)"])
    #expect(answer.status == 200 && answer.header("content-type") == row.type)
    if row.path.hasSuffix("play/live/manifest.mpd") { #expect(answer.header("vary") == "Accept") }
  }

  @Test("a 304 has no field that describes a body, RFC 9110 §15.4.5; §13.1.1 comes before it")
  func unchanged() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    for path in ["/live/manifest.mpd", "/manifest.mpd", "/live.m3u8", "/"] {
      let whole = try handler.ask(path)
      let tag = try #require(whole.header("etag"))
      let unchanged = try handler.ask(path, ["If-None-Match: \(tag)"])
      #expect(unchanged.status == 304 && unchanged.header("etag") == tag)
      #expect(unchanged.header("content-type") == nil)
      #expect(unchanged.header("cache-control") == whole.header("cache-control"))
      #expect(unchanged.header("vary") == whole.header("vary"))
      let failed = try handler.ask(path, ["If-None-Match: \(tag)", "If-Match: \"other\""])
      #expect(failed.status == 412 && failed.header("cache-control") == "no-store")
      #expect(try handler.ask(path, ["If-Match: \(tag)"]).status == 200)
    }
  }

  @Test("the target of a request in absolute-form names the clock, RFC 9112 §3.2.2")
  func absoluteForm() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    for target in ["http://right:80/live/manifest.mpd", "HTTP://right:80/live/manifest.mpd?x"] {
      let text = try handler.ask(target, host: "wrong").text
      #expect(text.contains("value=\"http://right:80/time?iso\"") && !text.contains("wrong"))
    }
  }

  @Test("an ended stream's MPD is static, at once")
  func ended() throws {
    let handler = try SyntheticHandler.live(parts: 3)
    handler.end()
    let answer = try handler.ask("/live/manifest.mpd")
    #expect(
      answer.text.contains("type=\"static\"") && !answer.text.contains("availabilityTimeOffset"))
  }

  @Test("--wait-for-absent-segment false: a future segment is 404, the open segment is streamed")
  func absent() throws {
    var options = StreamServingOptions()
    options.waitsForAbsentSegment = false
    let handler = try SyntheticHandler(serving: options)
    handler.goLive()
    handler.publish(parts: 2)
    let open = try handler.media("segment\(handler.last + 1).m4s")
    #expect(open.stage == .streaming)
    for ahead in [Int64(2), 3, 50] {
      #expect(try handler.media("segment\(handler.last + ahead).m4s").status == 404)
    }
    #expect(try handler.media("segment\(handler.last + 1).2.m4s").isHeld)
  }

  @Test("the next object, for caches that ask for it")
  func prefetch() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last
    let rows = [
      ("segment\(number).m4s", "segment\(number + 1).m4s"),
      ("segment\(number + 1).m4s", "segment\(number + 2).m4s"),
      ("segment\(number).0.m4s", "segment\(number).1.m4s"),
      ("segment\(number).9.m4s", "segment\(number + 1).0.m4s"),
    ]
    let name = "cdn-origin-assist-prefetch-path"
    for (path, next) in rows {
      let asked = try handler.ask("/live/video/" + path, ["CDN-Origin-Assist-Prefetch-Enabled: 1"])
      #expect(asked.header(name) == "/live/video/" + next)
      #expect(try handler.media(path).header(name) == nil)
    }
  }

  @Test("the time is displaced for players, never for measurements")
  func time() throws {
    let now: WallTime = 1_795_155_720_123_456_789
    let rows: [(TimeService.Form, String)] = [
      (.iso, "2026-11-20T06:21:57.623Z"), (.isoMicroseconds, "2026-11-20T06:21:57.623456Z"),
      (.unixMilliseconds, "1795155720123.456"),
    ]
    for (form, text) in rows {
      #expect(TimeService.text(form, now: now, displacement: 2_500_000_000) == text)
    }
    let handler = try SyntheticHandler()
    #expect(
      try handler.ask("/isotime").body.count == 27 && handler.ask("/time?iso").body.count == 24)
  }
}

extension String {
  fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}
