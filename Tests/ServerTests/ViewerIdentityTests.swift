// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import HTTPTestSupport
import Net
import Sharing
import Testing
import Time

@testable import Server
@testable import Statistics

private let now = (SystemClock.wallTime - .origin).wholeSeconds

private func address(_ number: UInt64) -> PeerAddress {
  PeerAddress(high: 0, low: 0xC000_0200 + number, port: 4000, isVersion6: false)
}

/// A request as far as it shows its viewer.
private struct Shown {
  var host: UInt64 = 1
  var program = "A"
  var owner: String?
  var session: String?
  var stream = "live"

  func number() throws -> UInt64 {
    var parser = RequestHeadParser()
    var position = 0
    let bytes = Array("GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: \(program)\r\n\r\n".utf8)
    let request = try #require(
      try parser.next(bytes.span, &position, peer: address(host)))
    let identity = ViewerIdentity(request, tokenOwner: owner, on: stream)
    return session.flatMap { identity.number(session: $0) } ?? identity.number
  }
}

private struct Row: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let isOne: Bool
  let one, other: @Sendable (inout Shown) -> Void

  init(
    _ name: String, isOne: Bool, _ one: @escaping @Sendable (inout Shown) -> Void = { _ in },
    _ other: @escaping @Sendable (inout Shown) -> Void
  ) {
    (testDescription, self.isOne, self.one, self.other) = (name, isOne, one, other)
  }
}

private let rows = [
  Row("the same address and program", isOne: true) { _ in },
  Row("another program", isOne: false) { $0.program = "B" },
  Row("another address", isOne: false) { $0.host = 2 },
  Row("another stream", isOne: false) { $0.stream = "yard" },
  Row("a session over two programs", isOne: true) {
    $0.session = "s"
  } _: {
    ($0.session, $0.program) = ("s", "B")
  },
  Row("a session of another address: any client may name it", isOne: false) {
    $0.session = "s"
  } _: {
    ($0.session, $0.host) = ("s", 2)
  },
  Row("two sessions", isOne: false) {
    $0.session = "s"
  } _: {
    $0.session = "t"
  },
  Row("two owners behind one address", isOne: false) {
    $0.owner = "bob"
  } _: {
    $0.owner = "eve"
  },
  Row("an owner, and a client without a token", isOne: false) { _ in
  } _: {
    $0.owner = "bob"
  },
  Row("an owner with one address and program", isOne: true) {
    $0.owner = "bob"
  } _: {
    $0.owner = "bob"
  },
  Row("a token of many viewers: two addresses", isOne: false) {
    $0.owner = "all"
  } _: {
    ($0.owner, $0.host) = ("all", 2)
  },
  Row("a token of many viewers: two sessions", isOne: false) {
    ($0.owner, $0.session) = ("all", "s")
  } _: {
    ($0.owner, $0.session) = ("all", "t")
  },
  Row("an owner and a session over two addresses and programs", isOne: true) {
    ($0.owner, $0.session) = ("bob", "s")
  } _: {
    ($0.owner, $0.session, $0.host, $0.program) = ("bob", "s", 2, "B")
  },
  Row("two owners with the same session", isOne: false) {
    ($0.owner, $0.session) = ("bob", "s")
  } _: {
    ($0.owner, $0.session) = ("eve", "s")
  },
  Row("a session without a name", isOne: true) { _ in
  } _: {
    $0.session = ""
  },
  Row("a session with a name that is too long", isOne: true) { _ in
  } _: {
    $0.session = String(repeating: "s", count: 65)
  },
]

@Suite("Viewers over several connections count once, CTA-5004 §3.3")
struct ViewerIdentityTests {
  @Test("two requests are of one viewer or of two", arguments: rows)
  fileprivate func identity(row: Row) throws {
    var (one, other) = (Shown(), Shown())
    row.one(&one)
    row.other(&other)
    let (first, second) = (try one.number(), try other.number())
    #expect((first == second) == row.isOne)
    #expect(first >= 1 << 63 && second >= 1 << 63)
  }

  private func protected() throws -> SyntheticHandler {
    let handler = try SyntheticHandler()
    handler.goLive()
    let key = try #require(TokenKey("k1:\(PlaybackRequestTests.secret)"))
    handler.serverState.setPlaybackKeys([key], of: "live")
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
