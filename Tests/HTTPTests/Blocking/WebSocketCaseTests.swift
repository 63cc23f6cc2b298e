// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import TestSupport
import Testing

@Suite("Cases of the Autobahn test suite, RFC 6455", .blocking)
struct WebSocketCaseTests {
  @Test("the events of each case, and its violation", arguments: WebSocketCase.all)
  func decoder(row: WebSocketCase) {
    let bytes = row.frames.flatMap { $0 }
    var decoder = WebSocketDecoder(limit: row.limit)
    var (events, code, start): ([WebSocketEvent], UInt16?, Int) = ([], nil, 0)
    while start < bytes.count, code == nil {
      let piece = Array(bytes[start...].prefix(row.pieces))
      var position = 0
      do throws(WebSocketViolation) {
        while let event = try decoder.next(piece.span, &position) {
          if event != .fragment { events.append(event) }
        }
      } catch {
        code = error.closeCode.number
      }
      start += piece.count
    }
    #expect(code == row.code)
    #expect(events == row.events)
  }

  @Test("the numbers of the cases are those of the suite, each once")
  func numbers() {
    let numbers = WebSocketCase.all.map(\.number)
    #expect(Set(numbers).count == numbers.count)
    let sections = numbers.map { String($0.prefix { $0 != "." }) }
    let counts = Dictionary(grouping: sections) { $0 }.mapValues(\.count)
    let expected = [
      "1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 31, "9": 54, "10": 1,
    ]
    // With the six of section 7.1, which need a connection: all 301 cases without deflate.
    #expect(counts == expected && numbers.count + 6 == 301)
  }

  @Test(
    "section 9.7: each message is answered before the next one",
    arguments: [0, 16, 64, 256, 1024, 4096], Transport.allCases)
  func roundTrips(size: Int, transport: Transport) throws {
    let server = try TestServer(transport)
    let client = try open(server)
    let payload = [UInt8](repeating: UInt8(ascii: "*"), count: size)
    let head: [UInt8] = size < 126 ? [UInt8(size)] : [126, UInt8(size >> 8), UInt8(size & 0xFF)]
    // A client may send 100 frames at once.
    for _ in 0..<90 {
      client.send(clientFrame(0x81, payload))
      #expect(try client.take(1 + head.count + size) == [0x81] + head + payload)
    }
  }

  private func open(_ server: TestServer) throws -> TestClient {
    let client = try TestClient(server)
    client.get(
      "/socket",
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: echo\r\n")
    #expect(try client.response(hasBody: false).status == 101)
    return client
  }

  @Test(
    "an invalid byte fails the connection before the message ends", arguments: ["6.4.2", "6.4.4"])
  func failFast(number: String) throws {
    let row = try #require(WebSocketCase.all.first { $0.number == number })
    let server = try TestServer()
    let client = try open(server)
    for frame in row.frames { client.send(frame) }
    #expect(try client.take(4)[2...] == [0x03, 0xEF])
    #expect(server.eventually { $0.faults == [.webSocket] })
  }

  struct Close: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The frames around the Close frame.
    let before: [[UInt8]], after: [[UInt8]]
    /// The bytes that precede the answer.
    var echo: [UInt8] = []
  }

  @Test(
    "after a Close frame its code is the last that is sent, and the end is clean",
    arguments: [
      Close(
        testDescription: "7.1.1", before: [WebSocketCase.text("Hello World!")], after: [],
        echo: [0x81, 12] + Array("Hello World!".utf8)),
      Close(testDescription: "7.1.2", before: [], after: [clientFrame(0x88, [])]),
      Close(testDescription: "7.1.3", before: [], after: [WebSocketCase.ping("")]),
      Close(testDescription: "7.1.4", before: [], after: [WebSocketCase.text("Hello World!")]),
      Close(
        testDescription: "7.1.5", before: [WebSocketCase.text("fragment1", final: false)],
        after: [WebSocketCase.text("fragment2", first: 0)]),
      Close(
        testDescription: "7.1.6",
        before: [WebSocketCase.text(String(repeating: "*", count: 16_000))],
        after: [WebSocketCase.ping("")],
        echo: [0x81, 126, 0x3E, 0x80] + [UInt8](repeating: UInt8(ascii: "*"), count: 16_000)),
    ], Transport.allCases)
  func closing(row: Close, transport: Transport) throws {
    let server = try TestServer(transport)
    let client = try open(server)
    client.send((row.before + [clientFrame(0x88, [0x03, 0xE8])] + row.after).flatMap { $0 })
    #expect(try client.take(row.echo.count) == row.echo)
    #expect(try client.take(4) == [0x88, 2, 0x03, 0xE8])
    #expect(client.endsCleanly())
    #expect(server.eventually { $0.closedSockets == 1 })
  }
}
