// SPDX-License-Identifier: Apache-2.0

import Access
import HLSPackager
import HTTP
import Media
import Net
import Packaging
import Server
import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

private let local = PeerAddress(high: 0, low: 0x7f00_0001, port: 4000, isVersion6: false)
private let remote = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)
// Tests may run minutes after this time: their tokens are valid for hours.
private let now = (SystemClock.wallTime - .origin).wholeSeconds

/// A request for `/live/video/playlist.m3u8`, and the status of its response.
private struct Row: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// The path before that of the stream.
  let prefix: String
  var method = "GET"
  var fields: [String] = []
  var query = ""
  let status: Int
  var line = ""
}

private func token(
  _ key: String = "k1", stream: String = "live", expiry: Int64 = now + 9000,
  address: PeerAddress? = nil
) -> String {
  let key = TokenKey("\(key):\(PlaybackRequestTests.secret)")
  return key.map {
    PlaybackToken(stream: stream, expiry: expiry, session: "s", address: address, key: $0).text
  } ?? ""
}

private let invalid = "invalid playback token\n"
private let missing = "a playback token is required\n"

private let rows = [
  Row(testDescription: "none", prefix: "", status: 403, line: missing),
  Row(testDescription: "valid", prefix: "/t/\(token())", status: 200),
  Row(testDescription: "valid, HEAD", prefix: "/t/\(token())", method: "HEAD", status: 200),
  Row(
    testDescription: "valid, escaped", prefix: "/%74/\(token().replacing(".", with: "%2E"))",
    status: 200),
  Row(testDescription: "its address", prefix: "/t/\(token(address: remote))", status: 200),
  Row(
    testDescription: "another address", prefix: "/t/\(token(address: local))", status: 403,
    line: invalid),
  Row(
    testDescription: "expired", prefix: "/t/\(token(expiry: now - 61))", status: 410,
    line: "the playback token has expired\n"),
  Row(
    testDescription: "expired, HEAD", prefix: "/t/\(token(expiry: now - 61))", method: "HEAD",
    status: 410),
  Row(
    testDescription: "other stream", prefix: "/t/\(token(stream: "yard"))", status: 403,
    line: invalid),
  Row(
    testDescription: "other stream, HEAD", prefix: "/t/\(token(stream: "yard"))", method: "HEAD",
    status: 403),
  Row(testDescription: "other KID", prefix: "/t/\(token("k9"))", status: 403, line: invalid),
  Row(testDescription: "truncated", prefix: "/t/\(token().dropLast())", status: 403, line: invalid),
  Row(testDescription: "empty", prefix: "/t/", status: 403, line: invalid),
  Row(testDescription: "twice", prefix: "/t/\(token())/t/\(token())", status: 404),
  Row(
    testDescription: "in Referer", prefix: "", fields: ["Referer: http://h/t/\(token())/live/"],
    status: 403, line: missing),
  Row(testDescription: "in the query", prefix: "", query: "?t=\(token())", status: 403),
  Row(testDescription: "POST", prefix: "/t/\(token())", method: "POST", status: 405),
  Row(testDescription: "OPTIONS", prefix: "", method: "OPTIONS", status: 204),
]

@Suite("Playback tokens in paths")
struct PlaybackRequestTests {
  static let secret = "0123456789abcdef0123456789abcdef"

  private func handler(keys: [String] = ["k1"]) throws -> SyntheticHandler {
    let handler = try SyntheticHandler()
    handler.goLive()
    try change(keys, handler)
    return handler
  }

  private func change(_ keys: [String], _ handler: SyntheticHandler) throws {
    let keys = try keys.map { try #require(TokenKey("\($0):\(Self.secret)")) }
    handler.serverState.setViewers(ViewerAccess(keys: keys), of: "live")
    handler.requests.woken()
  }

  @Test("key, stream, address and expiry of the token decide", arguments: rows)
  fileprivate func decision(row: Row) throws {
    let handler = try handler()
    let found = try handler.ask(
      row.prefix + "/live/video/playlist.m3u8" + row.query, method: row.method, row.fields,
      peer: remote)
    #expect(found.status == row.status)
    if !row.line.isEmpty { #expect(found.text == row.line) }
    if row.status >= 400, row.status != 405 {
      #expect(row.status == 404 || found.header("cache-control") == "no-store")
      #expect(found.header("access-control-allow-origin") == "*")
    }
    let all = found.fields.map { "\($0.name): \($0.value)" }.joined(separator: "\n") + found.text
    for secret in [token(), Self.secret, "/t/"] { #expect(!all.contains(secret)) }
    #expect(!found.request.rawPath.hasPrefix("/t/") || [403, 404, 405].contains(row.status))
  }

  @Test("media and playlists need a token; the page, the clock and probes need none")
  func routes() throws {
    let handler = try handler()
    let segment = "/live/video/segment\(handler.last).m4s"
    for path in [
      "/live.m3u8", "/live/playlist.m3u8", "/live/chunked.m3u8", "/manifest.mpd", segment,
      "/live/video/iframes.m3u8", "/live/timestamps.json", "/timestamps.json", "/ws", "/live/ws",
      "/ldash/live/manifest.mpd", "/live/dvr.json",
    ] {
      #expect(try handler.ask(path, peer: remote).status == 403, "\(path)")
      let given = try handler.ask("/t/\(token())\(path)", peer: remote)
      #expect(given.status == (path.hasSuffix("ws") ? 426 : 200), "\(path)")
    }
    // With a token these would start the process of stills.
    for path in [
      "/live/stream.mjpeg", "/live/stream/320.mjpeg", "/live/snapshot.jpg",
      "/live/thumb/segment\(handler.last).jpg",
    ] {
      #expect(try handler.ask(path, peer: remote).status == 403, "\(path)")
    }
    // The past, instants and the publisher; of some of them there is nothing here.
    for path in [
      "/live/publish.json", "/live/at/1795157997", "/live/clip/1795157997--1795157999.mp4",
      "/live/clip/1795157997--1795157999.m3u8", "/live/video/clip/1795157997--1795157999.mp4",
      "/live/from/1795157997/playlist.m3u8", "/live/video/from/1795157997/playlist.m3u8",
      "/live/from/1795157997/to/1795157999/playlist.m3u8", "/live/dvr.mpd",
      "/live/clearkey",
    ] {
      #expect(try handler.ask(path, peer: remote).status == 403, "\(path)")
      #expect(try handler.ask("/t/\(token())\(path)", peer: remote).status != 403, "\(path)")
    }
    for path in ["/", "/live/", "/time", "/health", "/version", "/player/hls.js"] {
      #expect(try handler.ask(path, peer: remote).status == 200, "\(path)")
      #expect(try handler.ask("/t/\(token())\(path)", peer: remote).status == 200, "\(path)")
    }
    // Edges close these by the start of the path.
    for path in ["/metrics", "/stats", "/stats.json", "/auth"] {
      for prefix in ["/t/\(token())", "/t/x", "/t/", "/%74/x"] {
        #expect(try handler.ask(prefix + path, peer: local).status == 404, "\(prefix)\(path)")
      }
    }
    #expect(try handler.ask("/metrics", peer: remote).status == 200)
    // The path has no prefix any more, and `/api` is not below one.
    #expect(try handler.ask("/t/\(token())/api/streams", peer: remote).status == 404)
    #expect(try handler.ask("/live/", peer: remote).header("referrer-policy") == "no-referrer")
  }

  @Test("URIs in playlists and MPDs are relative, the same for all viewers")
  func inheritance() throws {
    let handler = try handler()
    for path in ["/live.m3u8", "/live/video/playlist.m3u8", "/manifest.mpd"] {
      let one = try handler.ask("/t/\(token())\(path)").text
      #expect(try handler.ask("/t/\(token(expiry: now + 9099))\(path)").text == one)
      #expect(!one.contains("/t/") && !one.contains("=\"/"))
    }
    let hinted = try handler.ask(
      "/t/\(token())/live/video/segment\(handler.last).m4s",
      ["CDN-Origin-Assist-Prefetch-Enabled: 1"])
    #expect(hinted.status == 200 && hinted.header("cdn-origin-assist-prefetch-path") == nil)
  }

  @Test("a held request outlives its token; removed keys refuse the next request at once")
  func rotation() throws {
    let handler = try handler(keys: ["k1", "k2"])
    let path = "/live/video/playlist.m3u8"
    let held = try handler.ask(
      "/t/\(token())\(path)?_HLS_msn=\(handler.last + 1)&_HLS_part=0", peer: remote)
    #expect(held.isHeld && held.request.rawPath == path)
    #expect(try handler.ask("/t/\(token("k2"))\(path)").status == 200)
    try change(["k2"], handler)
    #expect(try handler.ask("/t/\(token())\(path)").status == 403)
    #expect(try handler.ask("/t/\(token("k2"))\(path)").status == 200)
    handler.publish(parts: 1)
    #expect(held.status == 200)
    try change([], handler)
    #expect(try handler.ask(path).status == 200)
    #expect(try handler.ask("/t/anything\(path)").status == 200)
  }

  @Test("after five invalid tokens others of the address wait; valid ones do not")
  func slowing() throws {
    let handler = try handler()
    let path = "/live/video/playlist.m3u8"
    #expect(try handler.ask("/t/\(token())\(path)", peer: remote).status == 200)
    for _ in 0..<5 { #expect(try handler.ask("/t/x\(path)", peer: remote).status == 403) }
    let slowed = try handler.ask("/t/\(token("k9"))\(path)", peer: remote)
    #expect(slowed.status == 429 && slowed.header("retry-after") == "1")
    #expect(try handler.ask("/t/\(token())\(path)", peer: remote).status == 200)
    // A viewer whose token was not seen before only has the same address.
    #expect(try handler.ask("/t/\(token(expiry: now + 9009))\(path)", peer: remote).status == 200)
    #expect(try handler.ask("/t/\(token(expiry: 9))\(path)", peer: remote).status == 410)
    #expect(try handler.ask("/t/x\(path)", peer: remote).status == 429)
    // The viewers whom a proxy does not state wait together, and without its own address.
    let unstated = local.unstatedClient
    for _ in 0..<5 { #expect(try handler.ask("/t/x\(path)", peer: unstated).status == 403) }
    #expect(try handler.ask("/t/y\(path)", peer: unstated).status == 429)
    #expect(try handler.ask("/t/y\(path)", peer: local).status == 403)
    // Requests without a token, and with an expired one, are no attacks.
    let other = PeerAddress(high: 0, low: 0xc000_0301, port: 1, isVersion6: false)
    for _ in 0..<9 {
      #expect(try handler.ask(path, peer: other).status == 403)
      #expect(try handler.ask("/t/\(token(expiry: 9))\(path)", peer: other).status == 410)
    }
    #expect(try handler.ask("/t/\(token(expiry: now + 9009))\(path)", peer: other).status == 200)
    let metrics = try handler.ask("/metrics").text
    for line in ["missing\"} 9", "invalid\"} 11", "expired\"} 10", "slowed\"} 3"] {
      #expect(metrics.contains("streamer_playback_refused_total{reason=\"\(line)\n"), "\(line)")
    }
  }

  @Test("a change of another stream leaves known tokens; of its keys not")
  func otherStreams() throws {
    let open = SyntheticStream(.thirty)
    let other = ServedStream(
      name: "b", names: MediaNames(.epoch, first: 0), of: [("video", open.window)],
      control: ServerControl(segmentations: [.video(open.segmentation)]))
    let handler = try SyntheticHandler(others: [other])
    handler.goLive()
    try change(["k1"], handler)
    let path = "/t/\(token())/live/video/playlist.m3u8"
    #expect(try handler.ask(path, peer: remote).status == 200)
    for keys in [["k2"], []] {
      let keys = keys.compactMap { TokenKey("\($0):\(Self.secret)") }
      handler.serverState.setViewers(ViewerAccess(keys: keys), of: "b")
      handler.requests.woken()
      #expect(handler.requests.permissionCount == 1)
    }
    try change(["k1", "k2"], handler)
    #expect(handler.requests.permissionCount == 0)
    #expect(try handler.ask(path, peer: remote).status == 200)
  }

  @Test("uploaded streams: files and the list need a token, the page for players needs none")
  func uploaded() throws {
    var options = ServingOptions()
    options.createdViewers = ViewerAccess(keys: [try #require(TokenKey("k1:\(Self.secret)"))])
    let handler = try SyntheticHandler(options: options)
    handler.goLive()
    let put = try handler.ask("/cam/index.m3u8", method: "PUT", body: "#EXTM3U", peer: local)
    handler.loop.iterate()
    handler.requests.woken()
    #expect(put.status == 201)
    let prefix = "/t/\(token(stream: "cam"))"
    for path in ["/cam/index.m3u8", "/cam/", "/ldash/cam/", "/ldash/play/cam/index.m3u8"] {
      #expect(try handler.ask(path, peer: remote).status == 403, "\(path)")
      #expect(try handler.ask(prefix + path, peer: remote).status == 200, "\(path)")
    }
    let list = try handler.ask(prefix + "/ldash/cam/", peer: remote).text
    #expect(list.contains("\"./../../cam/index.m3u8\"") && !list.contains("\"/"))
    #expect(try handler.ask("/ldash/play/cam/", peer: remote).status == 200)
    // The synthetic stream has no key.
    #expect(try handler.ask("/live/video/playlist.m3u8", peer: remote).status == 200)
  }

  @Test("permissions are limited, and computed once")
  func capacity() throws {
    var access = PlaybackAccess(AttemptLimit())
    let keys = [try #require(TokenKey("k1:\(Self.secret)"))]
    func refusal(_ text: String, _ keys: [TokenKey], _ now: Int64) -> AccessRefusal? {
      access.decide(
        on: .playbackToken(text), for: "live", keys, by: remote, at: .origin, seconds: now
      ).refusal
    }
    for number in 0..<5000 {
      #expect(refusal(token(expiry: now + 60 + Int64(number)), keys, now) == nil)
    }
    #expect(access.permissionCount == 5000 - 4096)
    // A known token is not computed again: without keys it would be invalid.
    let last = token(expiry: now + 60 + 4999)
    #expect(refusal(last, [], now) == nil && refusal(last, [], now + 9999) == .expired)
  }
}
