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
import System
import TestSupport
import Testing
import Time

private let secret = "0123456789abcdef0123456789abcdef"
private let remote = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)
private let local = PeerAddress(high: 0, low: 0x7f00_0001, port: 4000, isVersion6: false)
// Tests may run minutes after this time: their tokens are valid for hours.
private let now = (SystemClock.wallTime - .origin).wholeSeconds
private let later = now + 9000

/// A token by another program: ES256 by the owner of `publicKey`, for the stream `live`, by bob; it
/// ends in 2100.
private let publicToken =
  "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjQxMDI0NDQ4MDAsInN1YiI6ImJvYiIsImxseCI6eyJhY3QiO"
  + "lsicGxheSIsImFwaSJdLCJzdHJlYW0iOiJsaXZlIn19.Z44XkuIh68o5UTNsFkevgMcCa7OnrYa13NmuAKBCMv0lRkR6N4"
  + "bw0cJg5hMTwM4h22y6jGnzdOovxtzGnHdtbg"
private let publicKey = """
  -----BEGIN PUBLIC KEY-----
  MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJtxKrqsLOas/2BKL67tSETbIQR4W
  LiHPwhAx049lg4RP5tv2lUnEYbffIlQ+5O78zaRYu65u5gwz1HUnUjG3Mg==
  -----END PUBLIC KEY-----

  """

/// A token by HS256.
private func token(
  _ claims: String, header: String = #"{"alg":"HS256","kid":"k1"}"#, key: String = "k1:\(secret)"
) -> String {
  let content =
    Base64.encode(Array(header.utf8), .url) + "." + Base64.encode(Array(claims.utf8), .url)
  let signature = TokenKey(key)?.signature(of: content) ?? []
  return content + "." + Base64.encode(signature, .url)
}

/// A token for playback until `end`.
private func playing(_ end: Int64 = later, _ more: String = "") -> String {
  token("{\"exp\":\(end),\(more)\"llx\":{\"act\":\"play\",\"stream\":[\"live\",\"b\"]}}")
}

/// A token, and the status of the response to a request for media of the stream `live`.
///
/// `AccessTests` have all verdicts.
private struct Row: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let token: String
  var status = 403
}

private let rows = [
  Row(testDescription: "valid", token: playing(), status: 200),
  Row(testDescription: "ES256", token: publicToken, status: 200),
  Row(testDescription: "expired", token: playing(now - 61), status: 410),
  Row(
    testDescription: "other stream",
    token: token("{\"exp\":\(later),\"llx\":{\"act\":\"play\",\"stream\":\"b\"}}")),
  Row(
    testDescription: "public key as secret",
    token: token(
      "{\"exp\":\(later),\"llx\":{\"act\":\"play\"}}", header: #"{"alg":"HS256"}"#,
      key: "k1:" + publicKey.replacing("\n", with: "-"))),
  Row(testDescription: "no token", token: "a.b.c"),
]

@Suite("Requests with JSON Web Tokens, and /auth")
struct WebTokenRequestTests {
  private static let adminToken = "admin-token-with-32-characters-or-more"

  private func handler(others: [ServedStream] = []) throws -> SyntheticHandler {
    var options = ServingOptions()
    options.adminToken = Self.adminToken
    options.tokenPublicKey = SignatureKey(pem: Array(publicKey.utf8))
    let handler = try SyntheticHandler(others: others, options: options)
    handler.goLive()
    let key = try #require(TokenKey("k1:\(secret)"))
    handler.serverState.setViewers(ViewerAccess(keys: [key]), of: "live")
    handler.requests.woken()
    return handler
  }

  @Test(
    "a token is in the query or in Authorization; a refused one is 403, an expired one 410",
    arguments: rows)
  fileprivate func decision(row: Row) throws {
    let handler = try handler()
    let path = "/live/video/segment\(handler.last).m4s"
    let inQuery = try handler.ask("\(path)?token=\(row.token)", peer: remote)
    #expect(inQuery.status == row.status)
    let inField = try handler.ask(path, ["Authorization: Bearer \(row.token)"], peer: remote)
    #expect(inField.status == row.status)
    let socket = try handler.ask("/live/ws?token=\(row.token)", peer: remote)
    #expect(socket.status == (row.status == 200 ? 426 : row.status))
    let page = try handler.ask("/live/?token=\(row.token)", peer: remote)
    #expect(page.status == (row.status == 200 ? 307 : row.status))
  }

  @Test("a first request continues below a playback token, which URIs inherit")
  func redirection() throws {
    let handler = try handler()
    let paths = [
      ("/live/?player=ws&token=\(publicToken)", "./../t/", "/live/?player=ws"),
      ("/live.m3u8?token=\(publicToken)", "./t/", "/live.m3u8"),
      (
        "/live/video/playlist.m3u8?token=\(publicToken)&_HLS_msn=1", "./../../t/",
        "/live/video/playlist.m3u8?_HLS_msn=1"
      ),
      ("/manifest.mpd?token=\(publicToken)", "./t/", "/manifest.mpd"),
    ]
    for (target, start, end) in paths {
      let found = try handler.ask(target, peer: remote)
      let location = try #require(found.header("location"))
      #expect(found.status == 307 && found.header("cache-control") == "no-store")
      #expect(location.hasPrefix(start) && location.hasSuffix(end), "\(location)")
      #expect(!location.contains("token=") && found.header("referrer-policy") == "no-referrer")
      let text = location.dropFirst(start.count).dropLast(end.count)
      let token = try #require(PlaybackToken(text))
      #expect(token.session == "bob" && token.expiry == 4_102_444_800)
      #expect(try handler.ask("/t/\(text)/live/playlist.m3u8", peer: remote).status == 200)
    }
    // A player that sends the field with each request needs no other path.
    let field = ["Authorization: Bearer \(publicToken)"]
    #expect(try handler.ask("/live/playlist.m3u8", field, peer: remote).status == 200)
  }

  @Test("/auth answers 204, 401 or 403 about the address in X-Original-URI")
  func authentication() throws {
    let handler = try handler()
    let key = try #require(TokenKey("k1:\(secret)"))
    func playback(_ stream: String = "live", _ expiry: Int64 = later) -> String {
      "/t/" + PlaybackToken(stream: stream, expiry: expiry, session: "s", key: key).text
    }
    let path = "/live/video/playlist.m3u8"
    let cases = [
      (playback() + path, 204), (playback() + path + "?_HLS_msn=5", 204), (path, 401),
      (playback("b") + path, 403), (playback("live", now - 61) + path, 403), ("/t/x" + path, 403),
      (path + "?token=" + publicToken, 204), ("/", 204), ("/live/", 204), ("/time", 204),
      ("http://h\(path)", 401), ("x y", 403), ("", 403),
    ]
    for (target, status) in cases {
      let found = try handler.ask("/auth", ["X-Original-URI: \(target)"], peer: remote)
      #expect(found.status == status, "\(target)")
      #expect(found.header("cache-control") == "no-store" && !found.text.contains("/t/"))
      #expect((found.header("www-authenticate") != nil) == (status == 401))
    }
    #expect(try handler.ask("/auth", peer: remote).status == 403)
    for _ in 0..<9 { _ = try handler.ask("/auth", ["X-Original-URI: /t/x\(path)"], peer: remote) }
    let slowed = try handler.ask("/auth", ["X-Original-URI: /t/x\(path)"], peer: remote)
    #expect(slowed.status == 403 && slowed.text.hasPrefix("too many"))
    let right = "X-Original-URI: \(playback("live", later + 9))\(path)"
    #expect(try handler.ask("/auth", [right], peer: remote).status == 204)
  }

  @Test(
    "/auth permits only paths that this server serves to all clients, in their only form",
    arguments: [
      // A proxy may resolve or merge segments, and request the media.
      ("/x/../live/video/playlist.m3u8", 403), ("//live/video/playlist.m3u8", 403),
      ("/./live/video/playlist.m3u8", 403), ("/live/x/../video/playlist.m3u8", 403),
      ("/live//video/playlist.m3u8", 403), ("/live/.", 403), ("/live/..", 403), ("/..", 403),
      ("/live/video\\playlist.m3u8", 403), ("/%6cive/video/playlist.m3u8", 403),
      ("/b/%2e%2e/live/video/playlist.m3u8", 403), ("/b/video%2fplaylist.m3u8", 403),
      // A proxy may remove a prefix, or ignore the case.
      ("/tv/live/video/playlist.m3u8", 403), ("/LIVE/video/playlist.m3u8", 403),
      ("/b/live/video/playlist.m3u8", 403), ("/anything", 403), ("/none/x.m3u8", 403),
      ("/none/", 403), ("/none/video/segment1.m4s", 403), ("/b/video/x.m4s", 403),
      ("/b/live/segment1.m4s", 403), ("/b/live/chunked.m3u8", 403),
      ("/b/none/playlist.m3u8", 403), ("/b/live/playlist.m3u8", 403),
      ("/api/streams", 403), ("/metrics", 403), ("/stats", 403), ("/stats.json", 403),
      ("/auth", 403), ("/t/", 403), ("/t/x", 403),
      // Open to all clients.
      ("/", 204), ("/wall", 204), ("/streams.json", 204), ("/time?iso", 204), ("/isotime", 204),
      ("/health", 204), ("/ready", 204), ("/version", 204), ("/player/hls.js", 204),
      ("/live/", 204), ("/b/", 204), ("/b/video/playlist.m3u8?_HLS_msn=1", 204),
      ("/b/playlist.m3u8?x=%2e%2e//", 204), ("/b/video/segment1.m4s", 204), ("/b/ws", 204),
      ("/b/manifest.mpd", 204), ("/ldash/b/manifest.mpd", 204), ("/ldash/play/b", 204),
      ("/b/timestamps.json", 204), ("/b/feed", 204), ("/b/chunked.m3u8", 204),
    ])
  func placedPaths(path: String, status: Int) throws {
    let open = SyntheticStream(.thirty)
    let handler = try handler(others: [
      ServedStream(
        name: "b", names: MediaNames(.epoch, first: 0), of: [("video", open.window)],
        control: ServerControl(segmentations: [.video(open.segmentation)]))
    ])
    let found = try handler.ask("/auth", ["X-Original-URI: \(path)"], peer: remote)
    #expect(found.status == status)
  }

  @Test(
    "/auth checks a token against the stream of the path, whatever the path names",
    arguments: [
      ("/live/", true), ("/live/x", true), ("/live/player.js", true), ("/live/video/", true),
      ("/live", true), ("/ldash/live/x/y", true), ("/ldash/play/live", true),
      ("/ldash/live/", true),
      // The page of the default stream, or the list of the streams.
      ("/", false),
      // The page and the clock request these below the token.
      ("/player/hls.js", false), ("/time", false), ("/isotime", false),
      ("/streams.json", false), ("/wall", false),
      // An open stream.
      ("/b/", false), ("/b/video/playlist.m3u8", false),
    ])
  func belowToken(path: String, isChecked: Bool) throws {
    let open = SyntheticStream(.thirty)
    let handler = try handler(others: [
      ServedStream(
        name: "b", names: MediaNames(.epoch, first: 0), of: [("video", open.window)],
        control: ServerControl(segmentations: [.video(open.segmentation)]))
    ])
    let key = try #require(TokenKey("k1:\(secret)"))
    let good = PlaybackToken(stream: "live", expiry: later, session: "s", key: key).text
    let bad = PlaybackToken(stream: "yard", expiry: later, session: "s", key: key).text
    let refused = isChecked ? 403 : 204
    for (token, status) in [(good, 204), (bad, refused), ("x", refused)] {
      let found = try handler.ask("/auth", ["X-Original-URI: /t/\(token)\(path)"], peer: remote)
      #expect(found.status == status, "\(token)")
    }
  }

  @Test(
    "/auth permits no path below a token that names no stream",
    arguments: [
      "", "/none/", "/none/video/playlist.m3u8", "/metrics", "/stats", "/api/streams", "/health",
      "/ldash/", "/ldash/play/", "/play/live", "/t/x/live/", "/wall/", "/../live/", "//live/",
    ])
  func noStream(path: String) throws {
    let key = try #require(TokenKey("k1:\(secret)"))
    let token = PlaybackToken(stream: "live", expiry: later, session: "s", key: key).text
    for text in [token, "x"] {
      let target = "/t/\(text)\(path)"
      let found = try handler().ask("/auth", ["X-Original-URI: \(target)"], peer: remote)
      #expect(found.status == 403, "\(target)")
    }
  }

  @Test(
    "a token for a path without a stream is no attempt: players ask again for a removed stream",
    arguments: ["/gone/video/playlist.m3u8", "/gone/", "/health", "/", "/streams.json", "/wall"])
  func removedStream(path: String) throws {
    let handler = try handler()
    let key = try #require(TokenKey("k1:\(secret)"))
    func token(_ stream: String) -> String {
      PlaybackToken(stream: stream, expiry: later, session: "s", key: key).text
    }
    for _ in 0..<6 {
      let found = try handler.ask(
        "/auth", ["X-Original-URI: /t/\(token("gone"))\(path)"], peer: remote)
      #expect(found.status == (["/", "/streams.json", "/wall"].contains(path) ? 204 : 403))
    }
    #expect(handler.serverState.attempts.count(.playback, .invalid) == 0)
    let target = "X-Original-URI: /t/\(token("live"))/live/video/playlist.m3u8"
    #expect(try handler.ask("/auth", [target], peer: remote).status == 204)
  }

  @Test("no cache may keep media that a JSON Web Token permits; its address has no token")
  func caching() throws {
    let handler = try handler()
    let segment = "/live/video/segment\(handler.last).m4s"
    let bearer = ["Authorization: Bearer \(publicToken)"]
    let requests = [
      ("\(segment)?token=\(publicToken)", []), (segment, bearer), ("/live/playlist.m3u8", bearer),
      ("/live/timestamps.json", bearer), ("/manifest.mpd", bearer),
      ("\(segment.dropLast(4)).0.m4s", bearer),
    ]
    for (target, fields) in requests {
      for method in ["GET", "HEAD"] {
        let found = try handler.ask(target, method: method, fields, peer: remote)
        #expect(found.status == 200, "\(target)")
        let lines = found.fields.filter { $0.name.lowercased() == "cache-control" }
        #expect(lines.map(\.value) == ["private, no-store"], "\(target)")
      }
    }
    // The open segment begins with its first chunk.
    let open = try handler.ask("/live/video/segment\(handler.last + 1).m4s", bearer, peer: remote)
    handler.publish(parts: 1)
    #expect(open.header("cache-control") == "private, no-store")
    // Below a token the address is that of the viewer.
    let key = try #require(TokenKey("k1:\(secret)"))
    let token = PlaybackToken(stream: "live", expiry: later, session: "s", key: key).text
    let below = try handler.ask("/t/\(token)\(segment)", bearer, peer: remote)
    #expect(below.header("cache-control")?.hasPrefix("public") == true)
  }

  @Test("after five invalid tokens of an address others wait for a minute; right ones do not")
  func slowing() throws {
    var options = ServingOptions()
    options.adminToken = Self.adminToken
    options.metrics = .token
    let handler = try SyntheticHandler(options: options)
    let right = ["Authorization: Bearer \(Self.adminToken)"]
    let wrong = ["Authorization: Bearer wrong-token-with-16"]
    let web = token(
      "{\"exp\":\(later),\"llx\":{\"act\":\"api\"}}", header: #"{"alg":"HS256"}"#,
      key: "x:\(Self.adminToken)")
    for peer in [remote, local.unstatedClient] {
      // A request without a token is no attempt.
      for _ in 0..<9 { #expect(try handler.ask("/api/streams", peer: peer).status == 401) }
      for path in ["/api/streams", "/stats", "/metrics", "/stats.json"] {
        #expect(try handler.ask(path, wrong, peer: peer).status == 403)
      }
      #expect(try handler.ask("/api/streams?token=a.b.c", peer: peer).status == 403)
      for path in ["/api/streams", "/stats", "/metrics"] {
        let found = try handler.ask(path, wrong, peer: peer)
        // A right token is accepted at any time.
        #expect(found.status == 429 && found.header("retry-after") == "1", "\(path)")
        // The client that tries others may only have the same address, as pages of a browser do.
        #expect(try handler.ask(path, right, peer: peer).status == 200, "\(path)")
      }
      for (text, status) in [(web, 200), ("a.b.c", 429)] {
        #expect(try handler.ask("/api/streams?token=\(text)", peer: peer).status == status)
      }
    }
    #expect(try handler.ask("/stats", wrong, peer: local).status == 403)
    #expect(try handler.ask("/stats", peer: remote).status == 401)
    #expect(handler.serverState.attempts.count(.administration) == 2 * (9 + 5 + 3 + 1) + 2)
  }

  @Test("tokens for /api: by the admin token as secret, or by the public key, for one stream")
  func control() throws {
    func api(_ more: String = "", key: String = "x:\(adminToken)", _ end: Int64 = later)
      -> String
    {
      token(
        "{\"exp\":\(end),\"llx\":{\"act\":\"api\"\(more)}}", header: #"{"alg":"HS256"}"#, key: key)
    }
    let one = api(",\"stream\":\"live\"")
    let cases = [
      ("", api(), 200), ("/live", api(), 200), ("/live", one, 200), ("", one, 403),
      ("/b", one, 403), ("", api(key: "k1:\(secret)"), 403), ("", api("", now - 61), 403),
      ("", playing(), 403), ("/live", publicToken, 200), ("", publicToken, 403), ("", "x", 403),
    ]
    for (path, token, status) in cases {
      // Each with its own addresses that wait.
      let handler = try handler()
      let field = try handler.ask("/api/streams\(path)", ["Authorization: Bearer \(token)"])
      #expect(field.status == status, "\(path) \(token)")
      #expect(try handler.ask("/api/streams\(path)?token=\(token)").status == status)
    }
    // The admin token itself does not belong in a URL.
    #expect(try handler().ask("/api/streams?token=\(adminToken)").status == 403)
  }

  @Test(
    "--metrics decides which clients may read /metrics",
    arguments: [
      (ReadAccess.open, remote, nil, 200), (.loopback, local, nil, 200),
      (.loopback, remote, nil, 401), (.token, local, nil, 401), (.token, remote, "wrong", 403),
      (.token, remote, WebTokenRequestTests.adminToken, 200),
    ] as [(ReadAccess, PeerAddress, String?, Int)])
  func metrics(access: ReadAccess, peer: PeerAddress, token: String?, status: Int) throws {
    var options = ServingOptions()
    options.metrics = access
    let fields = token.map { ["Authorization: Bearer \($0)"] } ?? []
    let closed = try SyntheticHandler(options: options).ask("/metrics", fields, peer: peer)
    #expect(closed.status == (status == 200 && token == nil ? 200 : 403))
    options.adminToken = Self.adminToken
    let found = try SyntheticHandler(options: options).ask("/metrics", fields, peer: peer)
    #expect(found.status == status)
    #expect((found.header("www-authenticate") != nil) == (status == 401))
  }

  @Test(
    "--timestamps-access decides which clients may read the times of a stream; none is asked",
    arguments: [
      (ReadAccess.open, remote, nil, 200), (.loopback, local, nil, 200),
      (.loopback, remote, nil, 401), (.token, local, "wrong", 403),
      (.token, remote, WebTokenRequestTests.adminToken, 200),
    ] as [(ReadAccess, PeerAddress, String?, Int)])
  func timestamps(access: ReadAccess, peer: PeerAddress, token: String?, status: Int) throws {
    var options = ServingOptions()
    options.timestamps = access
    options.adminToken = Self.adminToken
    let fields = token.map { ["Authorization: Bearer \($0)"] } ?? []
    for path in ["/timestamps.json", "/live/timestamps.json"] {
      let found = try SyntheticHandler(options: options).ask(path, fields, peer: peer)
      // A permitted request is held: the stream has no media.
      #expect(found.status == (status == 200 ? 0 : status), "\(path)")
      let question = found.header("www-authenticate") ?? ""
      #expect(!question.contains("Basic") && question.isEmpty == (status != 401))
    }
  }

  private var adminToken: String { Self.adminToken }
}
