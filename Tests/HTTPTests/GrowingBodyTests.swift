// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Sharing
import Testing
import Time

/// A body that grows while its client reads, over both versions of HTTP.
@Suite("Bodies that grow")
struct GrowingBodyTests {
  private static let piece = [UInt8](repeating: 1, count: 100_000)

  private static func limits() -> HTTPLimits {
    var limits = HTTPLimits()
    limits.queuedBytes = 256 * 1024
    return limits
  }

  @Test("the rest of a body may be longer than the limit of queued bytes")
  func rest() throws {
    let server = try TestServer(Self.limits())
    let client = try TestClient(server, receiveBuffer: 4096)
    client.get("/stream")
    server.onLoop { routes in
      let stream = routes.held("/stream")
      stream?.begin(PreparedResponse(status: 200, fields: []))
      stream?.write(SharedBytes("first"))
      stream?.end(with: (0..<10).map { _ in SharedBytes(Self.piece) })
    }
    let body = try client.response().body
    #expect(body == Array("first".utf8) + Array(repeating: 1, count: 1_000_000))
    // The connection continues.
    client.get("/hello")
    #expect(try client.response().text == "hello")
  }

  @Test("the rest of a body may be longer than the limit of queued bytes, HTTP/2")
  func rest2() throws {
    let server = try TestServer(Self.limits())
    let client = try FrameClient(server)
    client.send(Frame(.window, Frame.word(0x7fff_0000)), .get("/stream1", stream: 1))
    client.send(Frame(.window, stream: 1, Frame.word(0x7000_0000)))
    server.onLoop { routes in
      let stream = routes.held("/stream1")
      stream?.begin(PreparedResponse(status: 200, fields: []))
      stream?.end(with: (0..<10).map { _ in SharedBytes(Self.piece) })
    }
    #expect(try client.answer(stream: 1).body.count == 1_000_000)
    #expect(server.seen.faults == [])
  }

  @Test("a route continues when the kernel has taken the bytes before", arguments: [1, 2])
  func taken(version: Int) throws {
    let server = try TestServer(Self.limits())
    let client = version == 1 ? try TestClient(server, receiveBuffer: 4096) : nil
    let frames = version == 2 ? try FrameClient(server) : nil
    client?.get("/stream")
    frames?.send(.get("/stream", stream: 1))
    let calls = Locked(0)
    server.onLoop { routes in
      guard let stream = routes.held("/stream") else { return }
      stream.begin(PreparedResponse(status: 200, fields: []))
      stream.write(SharedBytes(Self.piece))
      #expect(stream.queuedBytes > 0)
      stream.whenTaken(backlog: 0) {
        calls.withLock { $0 += 1 }
        stream.end(with: [SharedBytes("last")])
      }
    }
    #expect(calls.withLock { $0 } == 0)
    // The window of a new HTTP/2 stream has 65,535 bytes.
    frames?.send(Frame(.window, Frame.word(100_000)))
    frames?.send(Frame(.window, stream: 1, Frame.word(100_000)))
    let body = try client?.response().body ?? frames?.answer(stream: 1).body
    #expect(body == Self.piece + Array("last".utf8))
    #expect(calls.withLock { $0 } == 1)
  }

  @Test("a client whose backlog is above the limit is too slow", arguments: [1, 2])
  func backlog(version: Int) throws {
    let server = try TestServer(Self.limits())
    let client = version == 1 ? try TestClient(server, receiveBuffer: 4096) : nil
    let frames = version == 2 ? try FrameClient(server) : nil
    client?.get("/stream")
    frames?.send(.get("/stream", stream: 1))
    server.onLoop { routes in
      guard let stream = routes.held("/stream") else { return }
      stream.begin(PreparedResponse(status: 200, fields: []))
      stream.write(SharedBytes(Self.piece))
      stream.whenTaken(backlog: 256 * 1024) {}
      stream.whenTaken(backlog: 256 * 1024 + 1) {}
    }
    #expect(server.eventually { $0.faults == [.slow] && $0.gone == ["/stream"] })
  }

  @Test("a body that waits for an earlier response continues after it")
  func pipelined() throws {
    let server = try TestServer(Self.limits())
    let client = try TestClient(server)
    client.get("/stream1")
    client.get("/stream2")
    server.onLoop { routes in
      guard let first = routes.held("/stream1"), let second = routes.held("/stream2")
      else { return }
      second.begin(PreparedResponse(status: 200, fields: []))
      second.write(SharedBytes(Self.piece))
      second.whenTaken(backlog: 0) { second.end(with: [SharedBytes("last")]) }
      first.respond(.text(200, "first"))
    }
    #expect(try client.response().text == "first\n")
    #expect(try client.response().body == Self.piece + Array("last".utf8))
  }
}
