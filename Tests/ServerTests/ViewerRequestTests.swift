// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import HTTPTestSupport
import Net
import Server
import ServerTestSupport
import Sharing
import Statistics
import Testing
import Time

private let now = (SystemClock.wallTime - .origin).wholeSeconds

private func address(_ number: UInt64) -> PeerAddress {
  PeerAddress(high: 0, low: 0xC000_0200 + number, port: 4000, isVersion6: false)
}

@Suite("Viewers over several connections count once, CTA-5004 §3.3")
struct ViewerRequestTests {
  private func protected() throws -> SyntheticHandler {
    let handler = try SyntheticHandler()
    handler.goLive()
    let key = try #require(TokenKey("k1:\(PlaybackRequestTests.secret)"))
    handler.serverState.setViewers(ViewerAccess(keys: [key]), of: "live")
    handler.requests.woken()
    return handler
  }

  private func path(_ owner: String) throws -> String { try prefix(owner) + "/live" }

  private func prefix(_ owner: String) throws -> String {
    let key = try #require(TokenKey("k1:\(PlaybackRequestTests.secret)"))
    let token = PlaybackToken(stream: "live", expiry: now + 9000, session: owner, key: key)
    return "/t/\(token.text)"
  }

  private func viewers(_ handler: SyntheticHandler) -> [ViewerReport] {
    handler.serverState.viewers.all(now: handler.loop.now)
  }

  @Test("200 viewers with one token are 200; a viewer with its token on 3 addresses is one")
  func tokens() throws {
    let handler = try protected()
    let segment = "/video/segment\(handler.last).m4s"
    for host in 1...200 {
      let shared = try handler.ask(try path("all") + segment, peer: address(UInt64(host)))
      #expect(shared.status == 200)
    }
    #expect(viewers(handler).count == 200)
    for host in 1...3 {
      let own = try handler.ask(
        try path("bob") + segment + "?CMCD=sid%3D%22s%22", peer: address(UInt64(host)))
      #expect(own.status == 200)
    }
    #expect(viewers(handler).count == 201)
    // A token that is not valid names no one.
    let forged = try handler.ask(
      try path("eve").replacing("eve", with: "bob") + segment, peer: address(9))
    #expect(forged.status == 403 && viewers(handler).count == 201)
  }

  private func texts(_ client: SocketClient) -> Int { client.read().count { $0.isText } }

  @Test("a session is one viewer over two sockets and requests; without a name each is one")
  func sockets() throws {
    let handler = try protected()
    let lab = SocketLab(handler)
    func watch(_ owner: String, _ session: String?) throws -> SocketClient {
      let client = lab.connect(below: try prefix(owner))
      client.send("{\"t\":\"hello\"" + (session.map { ",\"sid\":\"\($0)\"" } ?? "") + "}")
      client.send(#"{"t":"subscribe","tracks":["v"]}"#)
      #expect(texts(client) > 0)
      return client
    }
    let first = try watch("bob", "s")
    let second = try watch("bob", "s")
    #expect(viewers(handler).map(\.transport) == [.webSocket])
    let segment = "/video/segment\(handler.last).m4s"
    _ = try handler.ask(try path("bob") + segment, ["CMCD-Session: sid=\"s\""], peer: address(5))
    #expect(viewers(handler).map(\.transport) == [.webSocket])
    let others = try (0..<3).map { _ in try watch("all", nil) }
    #expect(viewers(handler).count == 4)
    // Requests like those of the sockets are of one of them.
    _ = try handler.ask(try path("all") + segment, peer: first.stream.peer)
    #expect(viewers(handler).count == 4)
    _ = try handler.ask(try path("all") + segment, peer: address(6))
    #expect(viewers(handler).count == 5)
    for client in [first, second] + others { client.stream.fail() }
    handler.loop.iterate()
    #expect(viewers(handler).map(\.transport).allSatisfy { $0 != .webSocket })
    #expect(viewers(handler).count == 3)
  }

  @Test("the figures of a socket without media are those of the requests of its session")
  func figures() throws {
    let handler = try protected()
    let lab = SocketLab(handler)
    let segment = "/video/segment\(handler.last).m4s"
    _ = try handler.ask(try path("bob") + segment, ["CMCD-Session: sid=\"s\""], peer: address(5))
    let client = lab.connect(below: try prefix("bob"))
    client.send(#"{"t":"hello","sid":"s"}"#)
    client.send(#"{"t":"subscribe","tracks":[]}"#)
    client.send(#"{"t":"stat","delay":150}"#)
    #expect(viewers(handler).map(\.figures.delay) == [150])
    client.send(#"{"t":"hello","sid":"t"}"#)
    #expect(viewers(handler).map(\.figures.delay) == [nil])
    client.send(#"{"t":"bye"}"#)
  }
}
