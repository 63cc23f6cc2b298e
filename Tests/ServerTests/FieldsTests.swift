// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Server
import ServerTestSupport
import Statistics
import TestSupport
import Testing

@Suite("Fields: lifetimes, CORS, types, RFC 8216bis Appendix B.1")
struct FieldsTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let target: String
    let caching: String
    var type = "video/mp4"
    var status = 200
    var testDescription: String { target }
  }

  private static let playlist = "application/vnd.apple.mpegurl"
  private static let text = "text/plain; charset=utf-8"

  /// With `{0}` for the newest complete segment, `{h}` for the hash of the header; the target
  /// duration is 2 s.
  static let rows = [
    Row(target: "/live.m3u8", caching: "public, max-age=1", type: playlist),
    Row(target: "/live/video/playlist.m3u8", caching: "public, max-age=1", type: playlist),
    Row(
      target: "/live/video/playlist.m3u8?_HLS_skip=YES", caching: "public, max-age=1",
      type: playlist),
    Row(
      target: "/live/video/playlist.m3u8?_HLS_msn={0}", caching: "public, max-age=12",
      type: playlist),
    Row(
      target: "/live/video/playlist.m3u8?_HLS_msn={0}&_HLS_part=0", caching: "public, max-age=12",
      type: playlist),
    Row(target: "/live/chunked.m3u8", caching: "public, max-age=1", type: playlist),
    Row(
      target: "/live/video/playlist.m3u8?_HLS_part=0", caching: "public, max-age=1", type: text,
      status: 400),
    Row(target: "/live/video/segment{0}.0.m4s", caching: "public, max-age=60, immutable"),
    Row(target: "/live/video/segment{0}.m4s", caching: "public, max-age=3600, immutable"),
    Row(target: "/live/video/segment{1}.m4s", caching: "public, max-age=3600, immutable"),
    Row(target: "/live/video/init-{h}.mp4", caching: "public, max-age=86400, immutable"),
    Row(target: "/live/video/segment1.m4s", caching: "public, max-age=1", type: text, status: 410),
    Row(
      target: "/live/video/segment{9}.m4s", caching: "public, max-age=1", type: text, status: 425),
    Row(
      target: "/live/video/segment{9}.0.m4s", caching: "public, max-age=1", type: text,
      status: 404),
    Row(target: "/nothing", caching: "public, max-age=1", type: text, status: 404),
    Row(target: "/", caching: "public, max-age=1", type: "text/html; charset=utf-8"),
    Row(target: "/live/", caching: "public, max-age=1", type: "text/html; charset=utf-8"),
    Row(
      target: "/player/hls.js", caching: "public, max-age=1", type: "text/javascript; charset=utf-8"
    ),
    Row(
      target: "/player/live-player.js", caching: "public, max-age=1",
      type: "text/javascript; charset=utf-8"),
    Row(
      target: "/player/live-player-later.js", caching: "public, max-age=1",
      type: "text/javascript; charset=utf-8"),
    Row(target: "/player/live-player.d.ts", caching: "public, max-age=1", type: text),
    Row(target: "/wall", caching: "public, max-age=1", type: "text/html; charset=utf-8"),
    Row(target: "/streams.json", caching: "no-store", type: "application/json"),
    Row(target: "/timestamps.json", caching: "no-store", type: "application/json"),
    Row(target: "/time?iso", caching: "no-store", type: text),
    Row(target: "/health", caching: "no-store", type: text),
    Row(target: "/version", caching: "no-store", type: text),
    Row(target: "/metrics", caching: "no-store", type: "text/plain; version=0.0.4; charset=utf-8"),
    Row(target: "/ready", caching: "no-store", type: text, status: 503),
  ]

  private static func expect(_ row: Row, on handler: SyntheticHandler) throws {
    let target = row.target.replacing("{0}", with: "\(handler.last)")
      .replacing("{1}", with: "\(handler.last + 1)").replacing("{9}", with: "\(handler.last + 9)")
      .replacing("{h}", with: SyntheticHandler.headerHash)
    for method in ["GET", "HEAD"] {
      let exchange = try handler.ask(target, method: method)
      if row.status == 425 { handler.endPause() }
      #expect(exchange.status == row.status)
      #expect(exchange.header("cache-control") == row.caching)
      #expect(exchange.header("content-type") == row.type)
      #expect(exchange.header("access-control-allow-origin") == "*")
      #expect(
        exchange.header("access-control-expose-headers")
          == "Age, Date, Content-Length, Content-Range, ETag, Retry-After, Server-Timing, "
          + "CMSD-Static, CMSD-Dynamic, X-Playlist-Version, X-Held-Ms, X-Media-Digest")
      #expect(exchange.header("x-content-type-options") == "nosniff")
      // Fetch §3.8: pages with COEP embed it without CORS.
      #expect(exchange.header("cross-origin-resource-policy") == "cross-origin")
      // HT-06, HT-09: no Age from the origin; no Last-Modified; no cookies, no redirects.
      for name in ["age", "last-modified", "set-cookie", "location"] {
        #expect(exchange.header(name) == nil)
      }
      let varies =
        row.target.contains(".m3u8") && row.status == 200 || row.type.hasPrefix("text/html")
        || row.target.hasPrefix("/player/")
      let isUnknown = row.target == "/nothing"
      #expect(exchange.header("vary") == (isUnknown ? "Accept" : varies ? "Accept-Encoding" : nil))
      let names = exchange.fields.map { $0.name.lowercased() }
      #expect(Set(names).count == names.count, "\(names)")
    }
  }

  @Test("the caching table", arguments: rows)
  func caching(_ row: Row) throws {
    try Self.expect(row, on: .live(parts: 4, segment: 2_000_000))
  }

  @Test(
    "media with the numbering run has a short lifetime: its names recur",
    arguments: ["segment00010.0.m4s", "segment00010.m4s", "segment00011.m4s"])
  func numberedRun(_ name: String) throws {
    let handler = try SyntheticHandler.live(parts: 4, segment: 2_000_000, numbering: .run)
    try Self.expect(Row(target: "/live/video/\(name)", caching: "public, max-age=12"), on: handler)
  }

  @Test("HT-03: playlists and the page are compressed if the client accepts gzip, media never")
  func compression() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last
    for path in ["/live.m3u8", "/live/chunked.m3u8", "/"] {
      let zipped = try handler.ask(path, ["Accept-Encoding: br, gzip"])
      #expect(zipped.header("content-encoding") == "gzip")
      let plain = try handler.ask(path, ["Accept-Encoding: gzip;q=0"])
      #expect(plain.header("content-encoding") == nil)
      #expect(try Inflated.bytes(of: zipped.body) == plain.body)
    }
    let media = try handler.ask("/live/video/segment\(number).m4s", ["Accept-Encoding: gzip"])
    #expect(media.header("content-encoding") == nil)
  }

  @Test(
    "HT-07: OPTIONS is 204 and allows reading with Range, never writing",
    arguments: ["/", "/live.m3u8", "/x", "*"])
  func preflight(_ path: String) throws {
    let exchange = try SyntheticHandler.live().ask(path, method: "OPTIONS")
    #expect(exchange.status == 204 && exchange.body.isEmpty)
    let names = exchange.header("access-control-allow-headers")?.split(separator: ", ")
    // CTA-5004: "CMCD-Request", "CMCD-Object", "CMCD-Status", "CMCD-Session".
    #expect(
      Set(names ?? []) == [
        "Range", "Authorization", "CMCD-Request", "CMCD-Object", "CMCD-Status", "CMCD-Session",
      ])
    #expect(exchange.header("access-control-allow-methods") == "GET, HEAD, OPTIONS")
    #expect(exchange.header("access-control-max-age") != nil)
  }

  @Test(
    "other methods are 405 with Allow",
    arguments: ["POST", "PUT", "DELETE", "PATCH", "get"])
  func methods(_ method: String) throws {
    let exchange = try SyntheticHandler.live().ask("/live.m3u8", method: method)
    #expect(exchange.status == 405)
    #expect(exchange.header("allow") == "GET, HEAD, OPTIONS")
    #expect(exchange.header("access-control-allow-origin") == "*")
  }

  @Test("every request is counted under its kind")
  func kinds() throws {
    // The metrics look kinds up by index.
    for (index, kind) in RequestKind.all.enumerated() { #expect(kind.index == index) }
    let handler = try SyntheticHandler.live(parts: 4)
    let rows: [(String, RequestKind)] = [
      ("/live.m3u8", RequestKind.playlist), ("/live/chunked.m3u8", RequestKind.chunkedPlaylist),
      ("/live/video/init-x.mp4", RequestKind.header),
      ("/live/video/segment1.m4s", RequestKind.segment),
      ("/live/video/segment1.0.m4s", RequestKind.part),
      ("/timestamps.json", RequestKind.timestamps),
      ("/time", RequestKind.time), ("/", RequestKind.page), ("/wall", RequestKind.page),
      ("/player/x", RequestKind.page),
      ("/ready", RequestKind.probe),
      ("/metrics", RequestKind.probe), ("/nothing", .other), ("/live/video/x", .other),
    ]
    for (path, kind) in rows { #expect(try handler.ask(path).kind == kind, "\(path)") }
  }
}
