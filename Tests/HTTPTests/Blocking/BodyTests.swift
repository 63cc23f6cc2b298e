// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Sharing
import TestSupport
import Testing
import Time

extension HTTPLimits {
  /// Limits of bodies that few steps of a test's clock reach.
  static let ofSmallBodies: HTTPLimits = {
    var limits = HTTPLimits()
    limits.bodyTime = .milliseconds(400)
    limits.bodyRate = 1000
    limits.bodyBytes = 10_000
    limits.lingerTime = .milliseconds(300)
    limits.checkInterval = .milliseconds(50)
    return limits
  }()
}

private let quick = HTTPLimits.ofSmallBodies

private func chunked(_ pieces: [String]) -> String {
  pieces.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
}

/// An invalid body and the status of its refusal; no byte after it is a request.
struct BodyRow: Sendable, CustomStringConvertible {
  let description: String
  let fields: String
  let body: String
  let status: Int

  init(_ description: String, _ fields: String, _ body: String, _ status: Int) {
    (self.description, self.fields) = (description, fields + "\r\n")
    (self.body, self.status) = (body, status)
  }
}

private let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
private let coded = "Transfer-Encoding: chunked"

private let refusals: [BodyRow] = [
  BodyRow("RFC 9112 §7.1: a chunk size in no base", coded, "zz\r\n\(smuggled)", 400),
  BodyRow("RFC 9112 §7.1: a size that overflows", coded, "10000000000000000\r\n\(smuggled)", 400),
  BodyRow("RFC 9112 §7.1: chunks ended by bare LF", coded, "1\nx\n0\n\n\(smuggled)", 400),
  BodyRow("RFC 9112 §7.1: a chunk longer than told", coded, "1\r\nxx\r\n0\r\n\r\n\(smuggled)", 400),
  BodyRow(
    "RFC 9112 §7.1.1: bare LF in an extension", coded,
    "1;a\nx\r\n24\r\n\(smuggled)\r\n0\r\n\r\n", 400),
  BodyRow("RFC 9112 §7.1.2: an invalid trailer", coded, "0\r\nx\r\n\r\n\(smuggled)", 400),
  BodyRow(
    "RFC 6585 §5: trailers without end", coded,
    "0\r\n" + String(repeating: "A: b\r\n", count: 3000), 431),
  BodyRow(
    "RFC 9112 §6.3: length and coding", "Content-Length: 4\r\n\(coded)", "0\r\n\r\n\(smuggled)", 400
  ),
  BodyRow(
    "RFC 9112 §6.3: two lengths", "Content-Length: 1\r\nContent-Length: 2", "x\(smuggled)", 400),
  BodyRow("RFC 9112 §6.1: an unknown coding", "Transfer-Encoding: xchunked", "0\r\n\r\n", 501),
  BodyRow("RFC 9110 §15.5.14: a length above the limit", "Content-Length: 10001", "", 413),
  BodyRow(
    "RFC 9110 §15.5.14: a length above the limit, and the client expects 100",
    "Content-Length: 10001\r\nExpect: 100-continue", "", 413),
  BodyRow(
    "RFC 9110 §15.5.14: chunks above the limit", coded,
    chunked([String(repeating: "x", count: 6000), String(repeating: "y", count: 4001)]), 413),
  BodyRow("RFC 9110 §15.5.9: no byte of it", "Content-Length: 4", "", 408),
  BodyRow("RFC 9110 §15.5.9: no end", coded, "1\r\nx\r\n", 408),
]

@Suite("Bodies of HTTP/1.1 requests, RFC 9112 §6, §7", .blocking)
struct BodyTests {
  @Test("a body is received whole in any framing and any pieces, and the connection continues")
  func echo() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    let pieces = ["GET /x HTTP/1.1\r\n\r\n", "b", String(repeating: "c", count: 40_000)]
    let text = pieces.joined()
    let requests = [
      "Content-Length: \(text.utf8.count)\r\n\r\n\(text)",
      "Transfer-Encoding: chunked\r\n\r\n\(chunked(pieces))0\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\n\(chunked(pieces))0;a=b\r\nX: y\r\n\r\n",
    ]
    for request in requests {
      client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(request)")
      let response = try client.response()
      #expect(response.status == 200 && response.text == text)
      #expect(!response.has("Connection:"))
    }
    for byte in "PUT /echo HTTP/1.1\r\nHost: a\r\n\(coded)\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8 {
      client.send([byte])
    }
    #expect(try client.response().text == "abc")
    client.get("/hello")
    #expect(try client.response().text == "hello")
    #expect(server.seen.paths.count == 5)
  }

  @Test("a request without a body has an empty one")
  func empty() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    for fields in ["", "Content-Length: 0\r\n", "Content-Length: 0\r\nExpect: 100-continue\r\n"] {
      client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
      let response = try client.response()
      #expect(response.status == 200 && response.body == [])
    }
  }

  @Test("the bytes after a body are the next request, even in one piece, RFC 9112 §9.3.2")
  func pipelined() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send(
      "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"
        + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        + "POST /echo HTTP/1.1\r\nHost: a\r\n\(coded)\r\n\r\n1\r\nd\r\n0\r\n\r\n"
        + "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.eventually { $0.paths.count == 4 })
    server.onLoop { $0.held("/hold")?.respond(.text(200, "held")) }
    #expect(try client.response().text == "held\n")
    #expect(try client.response().text == "abc")
    #expect(try client.response().text == "d")
    #expect(try client.response().text == "hello")
  }

  @Test("a client that expects 100 gets it when a route receives the body, RFC 9110 §10.1.1")
  func expectation() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n")
    #expect(try client.line(endingWith: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("abc")
    #expect(try client.response().text == "abc")
    // RFC 9110 §10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0 request
    // MUST ignore that expectation."
    client.send(
      "POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc")
    #expect(try client.response().status == 200)
    let refused = try TestClient(server)
    refused.send(
      "POST /none HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    let response = try refused.response()
    #expect(response.status == 404 && response.has("Connection: close"))
    #expect(refused.endsCleanly())
  }

  @Test("an invalid body is refused, and no byte after it is a request", arguments: refusals)
  func refusal(_ row: BodyRow) throws {
    let server = try TestServer(quick)
    let client = try TestClient(server)
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(row.fields)\r\n\(row.body)")
    if row.status == 408 { server.pass(.milliseconds(450)) }
    let response = try client.response()
    #expect(response.status == row.status)
    #expect(response.has("Connection: close"))
    #expect(client.endsCleanly())
    #expect(server.eventually { $0.finished.count == 1 })
    #expect(!server.seen.paths.contains("/smuggled"))
    switch row.status {
    case 413: #expect(server.seen.faults == [.bodySize])
    case 408: #expect(server.seen.faults == [.bodyTime])
    default: break
    }
  }

  @Test(
    "a body that drips below the rate is refused; one at the rate is not, however long it takes")
  func drip() throws {
    let server = try TestServer(quick)
    let slow = try TestClient(server)
    let steady = try TestClient(server)
    slow.send("POST /take/slow HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n")
    steady.send("POST /take/steady HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n")
    for _ in 0..<10 {
      slow.send("x")
      steady.send([UInt8](repeating: 1, count: 200))
      server.pass(.milliseconds(100))
    }
    #expect(try steady.response().status == 201)
    #expect(try slow.response().status == 408)
    #expect(slow.endsCleanly())
    let failure = server.seen.bodies["/take/slow"]?.failure
    #expect(failure == .tooSlow(minimumBytes: 400, seconds: 0.4))
  }

  @Test("a sparse body needs a byte in six times the duration of others, at no rate")
  func sparse() throws {
    let server = try TestServer(quick)
    let client = try TestClient(server)
    client.send("POST /take/sparse HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
    for _ in 0..<4 {
      client.send("x")
      server.pass(.milliseconds(2000))
    }
    #expect(server.seen.bodies["/take/sparse"]?.failure == nil)
    server.pass(.milliseconds(500))
    #expect(try client.response().status == 408)
    let failure = server.seen.bodies["/take/sparse"]?.failure
    #expect(failure == .tooSlow(minimumBytes: 1, seconds: 2.4))
  }

  @Test("a body is passed on piece by piece; while it is paused, the client has no deadline")
  func streamed() throws {
    let server = try TestServer(quick)
    let client = try TestClient(server)
    client.send("PUT /take HTTP/1.1\r\nHost: a\r\n\(coded)\r\n\r\n3\r\nabc\r\n")
    #expect(server.eventually { $0.bodies["/take"]?.bytes.count == 3 })
    server.onLoop { routes in routes.held("/take")?.isBodyPaused = true }
    client.send("3\r\ndef\r\n0\r\n\r\n")
    client.finish()
    // Longer than `bodyTime`.
    server.pass(.milliseconds(700))
    #expect(server.seen.bodies["/take"]?.bytes.count == 3)
    server.onLoop { routes in routes.held("/take")?.isBodyPaused = false }
    #expect(try client.response().status == 201)
    let body = server.seen.bodies["/take"]
    #expect(body?.isWhole == true && body?.bytes == Array("abcdef".utf8))
  }

  @Test("a body that is paused with its last piece ends when it is resumed")
  func pausedAtItsEnd() throws {
    let server = try TestServer(quick)
    let client = try TestClient(server)
    client.send("PUT /pause HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
    #expect(server.eventually { $0.bodies["/pause"]?.bytes.count == 3 })
    server.onLoop { routes in routes.held("/pause")?.isBodyPaused = false }
    client.send("def" + "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.eventually { $0.bodies["/pause"]?.bytes.count == 6 })
    // Longer than `bodyTime`.
    server.pass(.milliseconds(700))
    #expect(server.seen.bodies["/pause"]?.isWhole == false)
    #expect(server.seen.paths == ["/pause"])
    server.onLoop { routes in routes.held("/pause")?.isBodyPaused = false }
    #expect(try client.response().status == 201)
    #expect(server.seen.bodies["/pause"]?.bytes == Array("abcdef".utf8))
    #expect(try client.response().text == "hello")
  }

  @Test(
    "a paused body fills no memory: the kernel holds the sent bytes", arguments: Transport.allCases)
  func backPressure(_ transport: Transport) throws {
    let server = try TestServer(transport)
    let client = try TestClient(server)
    let size = 3_000_000
    client.send("PUT /take HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { routes in routes.held("/take")?.isBodyPaused = true }
    let sender = client.sendInBackground([UInt8](repeating: 5, count: size))
    #expect(server.seen.bodies["/take"]?.bytes.count ?? 0 == 0)
    server.onLoop { routes in routes.held("/take")?.isBodyPaused = false }
    #expect(try client.response().status == 201)
    sender?.join()
    #expect(server.seen.bodies["/take"]?.bytes.count == size)
  }

  @Test("an answer before the end of the body ends the connection, and few later bytes are read")
  func early() throws {
    let server = try TestServer(quick)
    let client = try TestClient(server)
    client.send("PUT /take HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nabc")
    #expect(server.eventually { $0.bodies["/take"]?.bytes.count == 3 })
    server.onLoop { routes in routes.held("/take")?.respond(.text(409, "no")) }
    let sender = client.sendInBackground([UInt8](repeating: 5, count: 30_000_000))
    let response = try client.response()
    #expect(response.status == 409 && response.has("Connection: close"))
    _ = client.endsCleanly()
    sender?.join()
    #expect(server.seen.bodies["/take"]?.bytes.count == 3)
    #expect(server.seen.bodies["/take"]?.failure == nil)
  }

  @Test("a disconnect in the middle of a body reaches the body's receiver")
  func gone() throws {
    let server = try TestServer()
    do {
      let client = try TestClient(server)
      client.send("PUT /take HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
      #expect(server.eventually { $0.bodies["/take"]?.bytes.count == 3 })
    }
    #expect(server.eventually { $0.bodies["/take"]?.failure == .gone })
    #expect(server.eventually { $0.finished.count == 1 })
  }

  @Test("many bodies at once, each whole")
  func many() throws {
    let server = try TestServer()
    let clients = try (0..<200).map { _ in try TestClient(server) }
    for (index, client) in clients.enumerated() {
      client.send("PUT /echo HTTP/1.1\r\nHost: a\r\n\(coded)\r\n\r\n")
      client.send("4\r\n\(1000 + index)\r\n")
    }
    for client in clients { client.send("0\r\n\r\n") }
    for (index, client) in clients.enumerated() {
      #expect(try client.response().text == "\(1000 + index)")
    }
  }

  @Test("on drain a body is still received, and its answer is the last")
  func drain() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send("PUT /take HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
    #expect(server.eventually { $0.bodies["/take"]?.bytes.count == 3 })
    server.onLoop { $0.server?.drain() }
    client.send("def")
    let response = try client.response()
    #expect(response.status == 201 && response.has("Connection: close"))
    #expect(client.endsCleanly())
  }
}
