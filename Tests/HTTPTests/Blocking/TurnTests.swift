// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Sharing
import TestSupport
import Testing
import Time

@Suite("Requests that a client sends without waiting for responses", .blocking)
struct TurnTests {
  /// The paths in the order of routing, if a loop finds 90 requests of one connection, and then one
  /// request of another.
  private static func order(version: Int) throws -> [String] {
    let server = try TestServer(.sockets)
    let other = try TestClient(server)
    let frames = version == 2 ? try FrameClient(server) : nil
    let plain = version == 1 ? try TestClient(server) : nil
    let mayContinue = server.pauseLoop()
    let streams = (0..<90).map { UInt32(2 * $0 + 1) }
    frames?.send(streams.flatMap { Frame.get("/hello", stream: $0).bytes })
    plain?.send(streams.map { _ in "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
    other.get("/other")
    mayContinue.update { $0 = true }
    #expect(server.eventually { $0.paths.count == 91 })
    for stream in streams {
      if let frames { #expect(try frames.answer(stream: stream).text == "hello") }
      if let plain { #expect(try plain.response().text == "hello") }
    }
    return server.seen.paths
  }

  @Test("another connection is served after 16 of them", arguments: [1, 2])
  func fair(version: Int) throws {
    let paths = try Self.order(version: version)
    let position = try #require(paths.firstIndex(of: "/other"))
    #expect(position <= 32, "\(position)")
  }

  @Test("all of them are answered, also those before the client's FIN")
  func all() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send((0..<100).map { "GET /hello HTTP/1.1\r\nHost: a\r\nN: \($0)\r\n\r\n" }.joined())
    client.finish()
    for _ in 0..<100 { #expect(try client.response().text == "hello") }
    #expect(client.endsCleanly())
    #expect(server.seen.finished.count == 100)
  }

  @Test("while a response waits for the client, the next request is not taken")
  func unread() throws {
    let server = try TestServer()
    let client = try TestClient(server, receiveBuffer: 4096)
    client.send((0..<30).map { _ in "GET /urgent HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
    #expect(server.seen.paths.count == 1)
    for _ in 0..<30 { #expect(try client.response().body.count == 100_000) }
    #expect(server.seen.paths.count == 30)
  }
}
