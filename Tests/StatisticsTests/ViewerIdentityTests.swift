// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Statistics
import Testing

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

@Suite("The identity of a viewer, CTA-5004 §3.3")
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
}
