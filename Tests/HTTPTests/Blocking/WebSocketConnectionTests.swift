// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Net
import Sharing
import TestSupport
import Testing
import Time

@Suite("WebSockets on a connection, RFC 6455", .blocking)
struct WebSocketConnectionTests {
  private static let fields =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: echo\r\n"

  private func open(_ client: TestClient) throws {
    client.get("/socket", Self.fields)
    let response = try client.response(hasBody: false)
    #expect(response.status == 101)
    #expect(response.has("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
    #expect(response.has("Connection: Upgrade\r\n"))
    #expect(!response.has("Content-Length"))
  }

  /// The code of the next frame, which must be a Close frame.
  private func closeCode(_ client: TestClient) throws -> Int {
    let head = try client.take(2)
    #expect(head[0] == 0x88)
    let payload = try client.take(Int(head[1]))
    return Int(payload[0]) << 8 | Int(payload[1])
  }

  @Test("text is echoed, Ping and Close frames are answered", arguments: Transport.allCases)
  func echo(transport: Transport) throws {
    let server = try TestServer(transport)
    let client = try TestClient(server)
    try open(client)
    client.send(clientFrame(0x81, Array("Hello".utf8)))
    #expect(try client.take(7) == [0x81, 5] + Array("Hello".utf8))
    client.send(clientFrame(0x89, [1, 2, 3]))
    #expect(try client.take(5) == [0x8A, 3, 1, 2, 3])
    client.send(clientFrame(0x88, [0x0F, 0xA0]))
    #expect(try closeCode(client) == 4000)
    #expect(client.endsCleanly())
    #expect(server.eventually { $0.closedSockets == 1 && $0.finished.count == 1 })
    #expect(server.seen.finished.first?.status == 101)
    #expect(server.seen.faults.isEmpty)
  }

  @Test("frames in the same packet as the request are read")
  func early() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send(
      Array("GET /socket HTTP/1.1\r\nHost: a\r\n\(Self.fields)\r\n".utf8)
        + clientFrame(0x81, [0x41]) + clientFrame(0x81, [0x42]))
    #expect(try client.response(hasBody: false).status == 101)
    #expect(try client.take(6) == [0x81, 1, 0x41, 0x81, 1, 0x42])
  }

  @Test("a request after another one that is held is not upgraded")
  func pipelined() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.get("/hold")
    client.get("/socket", Self.fields)
    server.onLoop { $0.held("/hold")?.respond(.text(200, "first")) }
    #expect(try client.response().status == 200)
    #expect(try client.response().status == 400)
  }

  @Test("a violation is answered by its code, and the end is clean", arguments: Transport.allCases)
  func violation(transport: Transport) throws {
    let server = try TestServer(transport)
    for (bytes, code) in [
      ([0x81, 0x01, 0x41], 1002), (clientFrame(0x81, [0xFF]), 1007),
      (clientFrame(0x82, [1]), 1003), ([0x81, 0xFF] + [UInt8](repeating: 0x7F, count: 12), 1009),
    ] {
      let client = try TestClient(server)
      try open(client)
      client.send(bytes)
      #expect(try closeCode(client) == code)
      client.send(clientFrame(0x88, []))
      #expect(client.endsCleanly())
    }
    #expect(server.eventually { $0.closedSockets == 4 })
    #expect(server.seen.faults.allSatisfy { $0 == .webSocket })
  }

  @Test("too many frames are refused with 1008")
  func flood() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    try open(client)
    client.send((0..<1000).flatMap { _ in clientFrame(0x8A, []) })
    #expect(try closeCode(client) == 1008)
    #expect(server.seen.faults == [.messageRate])
    server.pass(.seconds(3))
    #expect(server.eventually { $0.closedSockets == 1 })
  }

  @Test("a silent client gets a Ping frame, and is cut without an answer")
  func silent() throws {
    let server = try TestServer()
    let (client, answering) = (try TestClient(server), try TestClient(server))
    try open(client)
    try open(answering)
    server.pass(.seconds(21))
    #expect(try client.take(2) == [0x89, 0])
    #expect(try answering.take(2) == [0x89, 0])
    answering.send(clientFrame(0x8A, []))
    server.pass(.seconds(21))
    #expect(!client.endsCleanly())
    #expect(server.seen.faults == [.silent])
    #expect(try answering.take(2) == [0x89, 0])
  }

  @Test("a message or frame that is not complete after ten seconds is refused with 1008")
  func unfinished() throws {
    for part in [
      clientFrame(0x01, [0x41]), Array(clientFrame(0x81, [0x41, 0x42]).dropLast()), [0x81],
    ] {
      let server = try TestServer()
      let client = try TestClient(server)
      try open(client)
      client.send(clientFrame(0x81, [0x40]) + part)
      #expect(try client.take(3) == [0x81, 1, 0x40])
      server.pass(.seconds(9))
      // Other frames between the fragments give no more time.
      if part[0] == 0x01 {
        client.send(clientFrame(0x89, []))
        #expect(try client.take(2) == [0x8A, 0])
      }
      server.pass(.seconds(2))
      #expect(try closeCode(client) == 1008)
      #expect(server.seen.faults == [.messageTime])
    }
  }

  @Test("the server's end is announced by 1001")
  func drain() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    try open(client)
    server.onLoop { $0.server?.drain() }
    #expect(try closeCode(client) == 1001)
    client.send(clientFrame(0x88, [0x03, 0xE9]))
    #expect(client.endsCleanly())
  }

  @Test("a client that reads nothing is cut")
  func stalled() throws {
    let server = try TestServer()
    let client = try TestClient(server, receiveBuffer: 300)
    try open(client)
    let text = [UInt8](repeating: 0x41, count: 10_000)
    client.send(clientFrame(0x81, text))
    server.pass(.seconds(11))
    #expect(server.seen.faults == [.stalled])
    #expect(server.eventually { $0.closedSockets == 1 })
  }
}
