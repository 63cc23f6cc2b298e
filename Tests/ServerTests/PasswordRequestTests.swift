// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Packaging
import Server
import ServerTestSupport
import Sharing
import System
import TestSupport
import Testing
import Time

private let viewer = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)
private let other = PeerAddress(high: 0, low: 0xc000_0301, port: 4000, isVersion6: false)

@Suite("Streams with a password")
struct PasswordRequestTests {
  private static let secret = "0123456789abcdef0123456789abcdef"
  private static let playlist = "/live/video/playlist.m3u8"

  private static func access(_ password: String) throws -> ViewerAccess {
    let cost = try #require(Scrypt.Cost(logarithm: 10, block: 8, lanes: 1))
    let key = try #require(TokenKey("k1:\(secret)"))
    return ViewerAccess(
      keys: [], password: try #require(PasswordHash(of: password, cost)), secret: key)
  }

  private func handler(password: String = "gate 7") throws -> SyntheticHandler {
    let handler = try SyntheticHandler()
    handler.goLive()
    try change(password, handler)
    return handler
  }

  private func change(_ password: String, _ handler: SyntheticHandler) throws {
    handler.serverState.setViewers(try Self.access(password), of: "live")
    handler.requests.woken()
  }

  /// The answer to a request whose password another thread verifies.
  private func ask(
    _ handler: SyntheticHandler, _ target: String, method: String = "GET", _ fields: [String] = [],
    body: String = "", peer: PeerAddress = viewer
  ) throws -> FakeExchange {
    let exchange = try handler.ask(target, method: method, fields, body: body, peer: peer)
    let deadline = SystemClock.monotonicTime + .seconds(20)
    while exchange.isHeld, SystemClock.monotonicTime < deadline { handler.loop.iterate() }
    return exchange
  }

  private func basic(_ password: String) -> String {
    "Authorization: Basic \(Base64.encode(Array("viewer:\(password)".utf8)))"
  }

  private func signIn(
    _ handler: SyntheticHandler, _ password: String = "gate+7", _ fields: [String] = [],
    peer: PeerAddress = viewer
  ) throws -> FakeExchange {
    try ask(
      handler, "/login", method: "POST", fields + ["Content-Length: 1"],
      body: "stream=live&password=\(password)", peer: peer)
  }

  /// The value of a member of a JSON object.
  private func member(_ name: String, _ text: String) -> String? {
    text.split(separator: "\"\(name)\": \"").dropFirst().first?.split(separator: "\"").first
      .map(String.init)
  }

  private func cookie(_ exchange: FakeExchange) -> String {
    String(exchange.header("set-cookie")?.prefix { $0 != ";" } ?? "")
  }

  // MARK: Refusals

  @Test("without a password, media is 401; a browser gets no dialog of its own")
  func challenge() throws {
    let handler = try handler()
    let program = try handler.ask(Self.playlist, peer: viewer)
    #expect(program.status == 401 && program.text == "a password is required\n")
    #expect(program.header("www-authenticate") == #"Basic realm="live", charset="UTF-8""#)
    #expect(program.header("cache-control") == "no-store")
    for field in ["Sec-Fetch-Mode: cors", "User-Agent: Mozilla/5.0 (X11)"] {
      let browser = try handler.ask(Self.playlist, [field], peer: viewer)
      #expect(browser.status == 401 && browser.header("www-authenticate") == nil)
    }
    // An invalid token in the path is one.
    #expect(try handler.ask("/t/x" + Self.playlist, peer: viewer).status == 403)
  }

  @Test("all routes with something of the stream need the password; its page does not")
  func routes() throws {
    let handler = try handler()
    let token = try #require(member("token", try signIn(handler).text))
    for path in [
      "/live.m3u8", "/live/playlist.m3u8", "/live/ll.m3u8", "/live/chunked.m3u8", "/manifest.mpd",
      "/live/video/segment\(handler.last).m4s", "/live/video/segment\(handler.last).0.m4s",
      "/live/video/init-\(SyntheticHandler.headerHash).mp4", "/live/video/iframes.m3u8",
      "/live/auto/manifest.mpd", "/live/timestamps.json", "/timestamps.json", "/ws", "/live/ws",
      "/feed", "/live/feed", "/live/snapshot.jpg", "/live/snapshot/320.jpg",
      "/live/stream.mjpeg", "/live/stream/320.mjpeg",
      "/live/thumb/segment\(handler.last).jpg", "/live/at/1795157997", "/live/at/1795157997.jpg",
      "/live/clip/1795157997--1795157999.mp4", "/live/clip/1795157997--1795157999.m3u8",
      "/live/dvr.json", "/live/dvr.mpd", "/live/from/1795157997/playlist.m3u8",
      "/live/video/from/1795157997/playlist.m3u8", "/live/clearkey", "/live/captions-en/cues.json",
      "/live/captions-en/playlist.m3u8", "/live/publish.json", "/ldash/live/manifest.mpd",
    ] {
      for method in ["GET", "HEAD"] {
        let refused = try handler.ask(path, method: method, peer: viewer)
        #expect(refused.status == 401, "\(method) \(path)")
        let wrong = try handler.ask(
          path, method: method, ["Cookie: viewer-live=\(token)"], peer: viewer)
        #expect(wrong.status == 401, "\(method) \(path) with a cookie")
      }
    }
    #expect(
      try handler.ask("/live/clearkey", method: "POST", body: "{}", peer: viewer).status == 401)
    for path in ["/live.m3u8", "/live/video/playlist.m3u8", "/live/timestamps.json"] {
      #expect(try handler.ask("/t/\(token)\(path)", peer: viewer).status == 200, "\(path)")
    }
    for path in ["/", "/live/", "/time", "/health", "/streams.json"] {
      #expect(try handler.ask(path, peer: viewer).status == 200, "\(path)")
    }
  }

  // MARK: Programs

  @Test("the password by Basic permits, for one viewer, and is verified once")
  func basicPassword() throws {
    let handler = try handler()
    let first = try ask(handler, Self.playlist, [basic("gate 7")])
    #expect(first.status == 200 && first.isForOneViewer)
    // At once.
    let second = try handler.ask(Self.playlist, [basic("gate 7")], peer: viewer)
    #expect(second.status == 200 && second.isForOneViewer)
    let wrong = try ask(handler, Self.playlist, [basic("gate 8")])
    #expect(wrong.status == 401 && wrong.text == "that is not the password\n")
    #expect(wrong.header("www-authenticate") != nil && wrong.isForOneViewer)
    let empty = try ask(handler, Self.playlist, [basic("")])
    #expect(empty.status == 401)
    // A name before the password has no meaning, and other schemes are none.
    let bearer = try handler.ask(Self.playlist, ["Authorization: Bearer gate"], peer: viewer)
    #expect(bearer.status == 403)
  }

  @Test("/auth reads neither Basic nor a cookie")
  func proxies() throws {
    let handler = try handler()
    _ = try ask(handler, Self.playlist, [basic("gate 7")])
    let uri = "X-Original-URI: \(Self.playlist)"
    let cookie = cookie(try signIn(handler))
    for field in [basic("gate 7"), "Cookie: \(cookie)"] {
      #expect(try handler.ask("/auth", [uri, field], peer: viewer).status == 401)
    }
    #expect(try handler.ask("/auth", ["X-Original-URI: /login"], peer: viewer).status == 204)
  }

  // MARK: Signing in

  @Test("the form gives a cookie for /login and a token; the cookie gives the next one")
  func signingIn() throws {
    let handler = try handler()
    let signed = try signIn(handler)
    let token = try #require(member("token", signed.text))
    #expect(signed.status == 200 && signed.header("cache-control") == "private, no-store")
    #expect(signed.header("access-control-allow-origin") == nil)
    let field = try #require(signed.header("set-cookie"))
    #expect(field.hasPrefix("viewer-live=pw-"))
    #expect(field.hasSuffix("; Path=/login; Max-Age=2592000; HttpOnly; SameSite=Lax"))
    #expect(try handler.ask("/t/\(token)\(Self.playlist)", peer: other).status == 200)
    let own = "Cookie: a=b; \(cookie(signed)); c=d"
    let next = try ask(handler, "/login/live", method: "POST", [own])
    #expect(next.status == 200 && next.header("set-cookie") == nil)
    let second = try #require(member("token", next.text))
    #expect(try handler.ask("/t/\(second)\(Self.playlist)", peer: viewer).status == 200)
    // The viewer stays the same one.
    #expect(token.split(separator: ".")[2] == second.split(separator: ".")[2])
    for fields in [[], ["Cookie: viewer-live=x"], ["Cookie: viewer-yard=\(token)"]] {
      #expect(try ask(handler, "/login/live", method: "POST", fields).status == 401)
    }
    #expect(try ask(handler, "/login/none", method: "POST", [own]).status == 404)
    #expect(try ask(handler, "/login/", method: "POST", [own]).status == 401)
    #expect(try handler.ask("/login", peer: viewer).status == 307)
    #expect(try handler.ask("/login", method: "PUT", peer: viewer).status == 405)
  }

  @Test("a page in a folder of a proxy names the path of its cookie")
  func folders() throws {
    let handler = try handler()
    for (path, expected) in [
      ("/cams/login", "/cams/login"), ("/login", "/login"), ("/cams", "/login"),
      ("/;x/login", "/login"), ("//login", "/login"),
    ] {
      let signed = try ask(
        handler, "/login", method: "POST", ["Content-Length: 1"],
        body: "stream=live&password=gate+7&path=\(path)")
      #expect(signed.header("set-cookie")?.contains("; Path=\(expected);") == true, "\(path)")
    }
  }

  @Test("only pages of the server sign in")
  func origins() throws {
    let handler = try handler()
    for (fields, status) in [
      (["Origin: http://x"], 200), (["Origin: https://x"], 200), (["Origin: http://evil"], 403),
      (["Origin: null"], 403), (["Sec-Fetch-Site: same-origin"], 200),
      (["Sec-Fetch-Site: same-site", "Origin: http://x"], 403),
      (["Sec-Fetch-Site: cross-site"], 403),
    ] {
      #expect(try signIn(handler, fields: fields).status == status, "\(fields)")
    }
  }

  private func signIn(_ handler: SyntheticHandler, fields: [String]) throws -> FakeExchange {
    try signIn(handler, "gate+7", fields)
  }

  @Test("after five wrong passwords an address waits; a cookie and Basic that it has go on")
  func slowing() throws {
    let handler = try handler()
    let signed = try signIn(handler)
    #expect(try ask(handler, Self.playlist, [basic("gate 7")]).status == 200)
    for _ in 0..<5 {
      let wrong = try signIn(handler, "wrong")
      #expect(wrong.status == 401 && wrong.text == "that is not the password\n")
    }
    let slowed = try signIn(handler)
    #expect(slowed.status == 429)
    let wait = try #require(slowed.header("retry-after").flatMap { Int($0) })
    #expect((1...60).contains(wait))
    #expect(try ask(handler, Self.playlist, [basic("gate 9")]).status == 429)
    #expect(try handler.ask(Self.playlist, [basic("gate 7")], peer: viewer).status == 200)
    let own = "Cookie: \(cookie(signed))"
    #expect(try ask(handler, "/login/live", method: "POST", [own]).status == 200)
    #expect(try signIn(handler, peer: other).status == 200)
  }

  // MARK: The next password

  @Test("a new password ends tokens, cookies and remembered Basic")
  func replaced() throws {
    let handler = try handler()
    let signed = try signIn(handler)
    let token = try #require(member("token", signed.text))
    #expect(try ask(handler, Self.playlist, [basic("gate 7")]).status == 200)
    #expect(try handler.ask("/t/\(token)\(Self.playlist)", peer: viewer).status == 200)
    try change("gate 8", handler)
    #expect(try handler.ask("/t/\(token)\(Self.playlist)", peer: viewer).status == 403)
    let own = "Cookie: \(cookie(signed))"
    #expect(try ask(handler, "/login/live", method: "POST", [own]).status == 401)
    #expect(try ask(handler, Self.playlist, [basic("gate 7")]).status == 401)
    #expect(try ask(handler, Self.playlist, [basic("gate 8")]).status == 200)
  }

  @Test("the list has the name of the stream, and nothing else of it")
  func list() throws {
    let handler = try handler()
    let text = try handler.ask("/streams.json", peer: viewer).text
    #expect(text.contains("\"live\"") && text.contains("\"locked\""))
    #expect(!text.contains("outage") && !text.contains("source"))
  }
}
