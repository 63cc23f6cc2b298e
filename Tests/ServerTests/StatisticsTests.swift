// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Server
import ServerTestSupport
import Sharing
import Testing
import Time

private let local = PeerAddress(high: 0, low: 0x7f00_0001, port: 4000, isVersion6: false)
private let remote = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)

@Suite("/stats and /stats.json")
struct StatisticsTests {
  private static let token = "correct"

  private func handler(
    _ access: ReadAccess = .open, token: String? = token
  ) throws -> SyntheticHandler {
    var options = ServingOptions()
    options.statistics = access
    options.adminToken = token
    let handler = try SyntheticHandler(options: options)
    handler.goLive()
    return handler
  }

  @Test(
    "the token is a bearer token, or the password of HTTP Basic",
    arguments: [
      (nil, 401), ("Bearer correct", 200), ("Bearer wrong", 403),
      // "x:correct", ":correct", "x:wrong"
      ("Basic eDpjb3JyZWN0", 200), ("Basic OmNvcnJlY3Q=", 200), ("Basic eDp3cm9uZw==", 401),
      ("Basic !", 401), ("Digest correct", 401),
    ] as [(String?, Int)])
  func authorization(given: String?, status: Int) throws {
    let handler = try handler(.token)
    for path in ["/stats", "/stats.json"] {
      let response = try handler.ask(path, given.map { ["Authorization: \($0)"] } ?? [])
      #expect(response.status == status)
      #expect(response.header("cache-control") == "no-store")
      #expect(response.header("access-control-allow-origin") == nil)
      #expect((response.header("www-authenticate") != nil) == (status == 401))
    }
    #expect(handler.serverState.attempts.count(.administration) == (status == 200 ? 0 : 2))
  }

  @Test(
    "without the token, all clients, clients on this machine, or none may read them",
    arguments: [
      (.open, token, remote, 200), (.open, nil, remote, 200), (.loopback, nil, local, 200),
      (.loopback, nil, remote, 403), (.loopback, token, remote, 401), (.token, nil, local, 403),
      (.token, token, local, 401),
    ] as [(ReadAccess, String?, PeerAddress, Int)])
  func access(
    _ access: ReadAccess, _ token: String?, _ peer: PeerAddress, _ status: Int
  ) throws {
    let handler = try handler(access, token: token)
    for path in ["/stats", "/stats.json"] {
      #expect(try handler.ask(path, peer: peer).status == status)
    }
  }

  @Test("the refusal names the option that permits the request")
  func remedies() throws {
    let off = try handler(.loopback, token: nil)
    func line(_ peer: PeerAddress) throws -> String { try off.ask("/stats", peer: peer).text }
    #expect(try line(local.unstatedClient).contains("--trusted-proxy ADDRESS"))
    #expect(try line(remote).contains("it requires --admin-token or --stats"))
    let closed = try handler(.token, token: nil)
    #expect(try closed.ask("/stats", peer: local).text.contains("--stats loopback"))
  }

  @Test("a client that requests parts is listed under its stream, without its whole address")
  func document() throws {
    let handler = try handler()
    #expect(try handler.ask("/stats").text == "<p>")
    let fields = ["User-Agent: <b>\"", "CMCD-Request: ltc=400,sid=\"a\""]
    let part = try handler.ask(
      "/live/video/segment\(handler.last + 1).0.m4s", fields, peer: remote)
    _ = try handler.ask("/live/video/playlist.m3u8", peer: local)
    #expect(part.viewer != 0)
    let text = try handler.ask("/stats.json").text
    let viewer = try #require(text.firstRange(of: "\"viewers\":[{"))
    #expect(text[viewer.upperBound...].contains("\"ip\":\"192.0.2.0\",\"ua\":\"<b>\\\"\""))
    #expect(text.contains("\"name\":\"live\",\"state\":\"live\""))
    #expect(text.contains("\"aggregate\":{\"viewers\":1,\"transports\":{\"llhls\":1}"))
    #expect(text.contains("\"renditions\":{\"video\":1}}"))
    #expect(
      text.contains("\"delay\":{\"min\":400,\"avg\":400,\"p50\":400,\"p95\":400,\"max\":400}"))
    #expect(!text.contains("history") && !text.contains("192.0.2.1"))
  }

  @Test("?history has the rows after a time; the rendered texts are limited")
  func history() throws {
    let handler = try handler()
    handler.serverState.addToHistory(handler.loop.now)
    #expect(try handler.ask("/stats.json?history").text.contains("\"dash\""))
    #expect(try handler.ask("/stats.json?history=9999999999999").text.contains("\"rows\":[]"))
    let statuses = try (0..<10).map { _ in try handler.ask("/stats.json").status }
    #expect(statuses.last == 503 && statuses.first == 200)
  }
}
