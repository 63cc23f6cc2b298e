// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Net
import Sharing
import TestSupport
import Testing
import Time

private let quick: HTTPLimits = {
  var limits = HTTPLimits()
  limits.headTime = .milliseconds(200)
  limits.idleTime = .milliseconds(300)
  limits.stallTime = .milliseconds(300)
  limits.lingerTime = .milliseconds(200)
  limits.checkInterval = .milliseconds(50)
  return limits
}()

@Suite("HTTP/1.1 connections, RFC 9112 §9", .blocking)
struct ConnectionTests {
  @Test("a connection carries one request after another, and every answer has a Date")
  func keepAlive() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    for _ in 0..<3 {
      client.get("/hello")
      let response = try client.response()
      #expect(response.status == 200)
      #expect(response.text == "hello")
      #expect(response.has("\r\nDate: "))
      #expect(!response.has("Connection:"))
    }
  }

  @Test("HEAD gets the same head and no body")
  func head() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    let response = try client.response(hasBody: false)
    #expect(response.has("Content-Length: 5"))
    client.get("/hello")
    #expect(try client.response().text == "hello")
  }

  @Test("Connection: close is honoured: the answer has it too, and the end is clean")
  func closing() throws {
    let server = try TestServer()
    for version in ["1.1", "1.0"] {
      let client = try TestClient(server)
      client.send("GET /hello HTTP/\(version)\r\nHost: a\r\nConnection: close\r\n\r\n")
      let response = try client.response()
      #expect(response.text == "hello")
      #expect(response.has("Connection: close"))
      #expect(client.endsCleanly())
    }
  }

  @Test("an HTTP/1.0 connection persists if the client asks, and the answer confirms it")
  func oldKeepAlive() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    for _ in 0..<2 {
      client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let response = try client.response()
      #expect(response.has("Connection: keep-alive"))
      #expect(response.text == "hello")
    }
  }

  @Test("answers come in the order of the requests, though the first is held, §9.3.2")
  func pipelining() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send(
      ["/hold1", "/hello", "/hold2", "/hello"].map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
        .joined())
    #expect(server.eventually { $0.paths.count == 4 })
    server.onLoop { $0.held("/hold2")?.respond(.text(200, "second")) }
    server.onLoop { routes in
      routes.held("/hold1")?.respond(.text(200, "first"), extra: [HeaderField("X-Held-Ms", "7")])
    }
    let first = try client.response()
    #expect(first.text == "first\n")
    #expect(first.has("\r\nX-Held-Ms: 7\r\n"))
    #expect(try client.response().text == "hello")
    #expect(try client.response().text == "second\n")
    #expect(try client.response().text == "hello")
    #expect(server.eventually { $0.finished.count == 4 })
    #expect(server.seen.gone == [])
  }

  @Test("a streamed answer after a held one waits for the held one")
  func pipelinedStream() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.get("/hold")
    client.get("/stream")
    #expect(server.eventually { $0.paths.count == 2 })
    server.onLoop { routes in
      let stream = routes.held("/stream")
      stream?.begin(PreparedResponse(status: 200, fields: []))
      stream?.write(SharedBytes("one"))
      routes.held("/hold")?.respond(.text(200, "held"))
      stream?.write(SharedBytes("two"))
      stream?.end()
    }
    #expect(try client.response().text == "held\n")
    #expect(try client.response().text == "onetwo")
  }

  @Test("at most 64 requests are taken before they are answered, and none is lost")
  func manyPipelined() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    for index in 0..<200 { client.get("/hold\(index)") }
    #expect(server.seen.paths.count == 64)
    for index in 0..<200 {
      #expect(server.eventually { $0.paths.count > index })
      server.onLoop { $0.held("/hold\(index)")?.respond(.text(200, "\(index)")) }
      #expect(try client.response().text == "\(index)\n")
    }
  }

  @Test("a stream is one HTTP chunk for each piece, RFC 9112 §7.1")
  func chunked() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.get("/stream")
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { $0.held("/stream")?.begin(PreparedResponse(status: 200, fields: [])) }
    let head = try client.line(endingWith: "\r\n\r\n")
    #expect(head.contains("Transfer-Encoding: chunked"))
    #expect(!head.contains("Content-Length"))
    for size in [1, 15, 16, 1000, 300_000] {
      server.onLoop {
        $0.held("/stream")?.write(SharedBytes([UInt8](repeating: UInt8(size & 0xff), count: size)))
      }
      #expect(try client.chunk() == [UInt8](repeating: UInt8(size & 0xff), count: size))
    }
    server.onLoop { routes in
      routes.held("/stream")?.write(SharedBytes([]))
      routes.held("/stream")?.end()
    }
    #expect(try client.chunk() == nil)
    client.get("/hello")
    #expect(try client.response().text == "hello")
  }

  @Test("HTTP/1.0 gets a stream without chunks, ended by the end of the connection")
  func oldStream() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { routes in
      guard let stream = routes.held("/stream") else { return }
      #expect(!stream.canStream)
      stream.begin(PreparedResponse(status: 200, fields: []))
      stream.write(SharedBytes("abc"))
      stream.end()
    }
    let head = try client.line(endingWith: "\r\n\r\n")
    #expect(head.contains("Connection: close"))
    #expect(!head.contains("chunked"))
    #expect(try client.take(3) == Array("abc".utf8))
    #expect(client.endsCleanly())
  }

  @Test("a cut body does not end cleanly", arguments: Transport.allCases)
  func abort(_ transport: Transport) throws {
    let server = try TestServer(transport)
    let client = try TestClient(server)
    client.get("/stream")
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { routes in
      routes.held("/stream")?.begin(PreparedResponse(status: 200, fields: []))
      routes.held("/stream")?.write(SharedBytes("abc"))
      routes.held("/stream")?.abort()
      #expect(routes.seen.wait { $0.gone } == [])
    }
    #expect(!client.endsCleanly())
    #expect(server.eventually { $0.gone == ["/stream"] && $0.finished.last?.cut == true })
  }

  @Test(
    "a client that disconnects or half-closes frees its held request at once",
    arguments: Transport.allCases)
  func gone(_ transport: Transport) throws {
    let server = try TestServer(transport)
    var client: TestClient? = try TestClient(server)
    client?.get("/hold1")
    #expect(server.eventually { $0.paths.count == 1 })
    client = nil
    #expect(server.eventually { $0.gone == ["/hold1"] })

    let half = try TestClient(server)
    half.get("/hold2")
    half.finish()
    #expect(server.eventually { $0.gone == ["/hold1", "/hold2"] })
    #expect(half.endsCleanly())
    let cut = server.seen.finished
    #expect(cut.allSatisfy { $0.cut && $0.status == 0 && $0.bytesSent == 0 })
  }

  @Test("a client that sends FIN with its request gets its answer", arguments: Transport.allCases)
  func requestAndEnd(_ transport: Transport) throws {
    let server = try TestServer(transport)
    let client = try TestClient(server)
    client.get("/big")
    client.finish()
    #expect(try client.response().body.count == TestServer.bigSize)
    #expect(client.endsCleanly())
  }

  @Test("a request with a body is answered and ends the connection; its body is no request")
  func body() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    let smuggled = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    client.send(
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: \(smuggled.utf8.count)\r\n\r\n\(smuggled)")
    let response = try client.response()
    #expect(response.status == 404)
    #expect(response.has("Connection: close"))
    #expect(client.endsCleanly())
    #expect(server.seen.paths == ["/x"])
  }

  @Test("a malformed request is answered in its turn, in one line, and ends the connection")
  func malformed() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.get("/hello")
    client.send("GET / HTTP/1.1\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.response().status == 200)
    let response = try client.response()
    #expect(response.status == 400)
    #expect(response.text.hasPrefix("bad Host ("))
    #expect(response.has("Connection: close"))
    #expect(client.endsCleanly())
    #expect(server.seen.finished.last?.kind == .refused)
  }

  @Test("ranges are cut from the whole")
  func ranges() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.get("/hello", "Range: bytes=1-3\r\n")
    let response = try client.response()
    #expect(response.status == 206)
    #expect(response.text == "ell")
    #expect(response.has("Content-Range: bytes 1-3/5"))
  }

  @Test(
    "every byte of many pieces arrives in order, however slowly it is read",
    arguments: Transport.allCases)
  func pieces(_ transport: Transport) throws {
    let server = try TestServer(transport)
    let whole = TestServer.pieces.flatMap(\.array)
    let slow = try TestClient(server, receiveBuffer: 4096)
    slow.get("/pieces")
    slow.get("/pieces", "Range: bytes=12345-\(whole.count - 2)\r\n")
    #expect(server.eventually { $0.paths.count >= 1 })
    #expect(try slow.response().body == whole)
    #expect(try slow.response().body == Array(whole[12345..<whole.count - 1]))
    #expect(server.eventually { $0.finished.count == 2 })
    let finished = server.seen.finished
    #expect(finished.allSatisfy { !$0.cut && $0.bytesSent > whole.count / 2 })
  }

  @Test("on drain open requests are answered with Connection: close, and idle connections end")
  func drain() throws {
    let server = try TestServer()
    let idle = try TestClient(server)
    idle.get("/hello")
    _ = try idle.response()
    let held = try TestClient(server)
    held.get("/hold")
    #expect(server.eventually { $0.paths.count == 2 })
    server.onLoop { $0.server?.drain() }
    #expect(idle.endsCleanly())
    server.onLoop { $0.held("/hold")?.respond(.text(200, "late")) }
    let response = try held.response()
    #expect(response.text == "late\n")
    #expect(response.has("Connection: close"))
    #expect(held.endsCleanly())
    held.finish()
    #expect(isEmpty(server))
  }

  private func isEmpty(_ server: TestServer) -> Bool {
    let result = Locked(false)
    server.onLoop { routes in
      let isEmpty = routes.server?.isEmpty == true
      result.withLock { $0 = isEmpty }
    }
    return result.withLock { $0 }
  }
}

@Suite("Deadlines and bounds of connections", .blocking)
struct ConnectionLimitTests {
  @Test("a head that is not complete in time gets 408; a held request has no such deadline")
  func slowHead() throws {
    let server = try TestServer(quick)
    let held = try TestClient(server)
    held.get("/hold")
    let slow = try TestClient(server)
    slow.send("GET / HTTP/1.1\r\nHo")
    server.pass(.milliseconds(250))
    #expect(try slow.response().status == 408)
    #expect(slow.endsCleanly())
    server.pass(.milliseconds(400))
    server.onLoop { $0.held("/hold")?.respond(.text(200, "held")) }
    #expect(try held.response().text == "held\n")
  }

  @Test("an idle connection is closed without an answer")
  func idle() throws {
    let server = try TestServer(quick)
    let client = try TestClient(server)
    client.get("/hello")
    let silent = try TestClient(server)
    #expect(try client.response().status == 200)
    server.pass(.milliseconds(350))
    #expect(client.endsCleanly())
    #expect(silent.endsCleanly())
  }

  @Test("a reader that does not read is cut, and counted as cut", arguments: Transport.allCases)
  func stalledReader(_ transport: Transport) throws {
    let server = try TestServer(quick, transport)
    let client = try TestClient(server, receiveBuffer: 4096)
    client.get("/big")
    #expect(server.eventually { $0.paths.count == 1 })
    // Over sockets the kernel takes bytes for a moment.
    server.pass(.seconds(5))
    #expect(server.eventually { $0.finished.first?.cut == true })
    let finished = server.seen.finished
    #expect(finished.first?.status == 200)
    #expect((finished.first?.bytesSent ?? .max) < TestServer.bigSize)
    #expect(!client.endsCleanly())
  }

  @Test("a reader that drips is cut; without a least rate the same one is not", arguments: [0, 1])
  func drippingReader(_ megabytes: Int) throws {
    var limits = quick
    limits.sendRate = megabytes * 10_000_000
    let server = try TestServer(limits)
    let client = try TestClient(server, receiveBuffer: 65_536)
    client.get("/big")
    for _ in 0..<20 {
      client.receive()
      server.pass(.milliseconds(50))
    }
    #expect(server.seen.faults == (megabytes == 0 ? [] : [.stalled]))
  }

  @Test("a live answer that waits for its next bytes is not slow", arguments: [1, 2])
  func waitingStream(_ version: Int) throws {
    var limits = quick
    limits.sendRate = 10_000_000
    let server = try TestServer(limits)
    let client = try TestClient(server)
    let frames = version == 2 ? try FrameClient(server) : nil
    if let frames { frames.send(.get("/stream")) } else { client.get("/stream") }
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { $0.held("/stream")?.begin(PreparedResponse(status: 200, fields: [])) }
    for _ in 0..<4 {
      server.onLoop { $0.held("/stream")?.write(SharedBytes("x")) }
      server.pass(.milliseconds(400))
    }
    server.onLoop { $0.held("/stream")?.end() }
    #expect(try frames?.answer().text ?? client.response().text == "xxxx")
    #expect(server.seen.faults == [])
  }

  @Test("a reader slower than its stream is cut when too much is queued")
  func slowReader() throws {
    var limits = HTTPLimits()
    limits.queuedBytes = 256 * 1024
    let server = try TestServer(limits)
    let client = try TestClient(server, receiveBuffer: 4096)
    client.get("/stream")
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { routes in
      let stream = routes.held("/stream")
      stream?.begin(PreparedResponse(status: 200, fields: []))
      for _ in 0..<200 { stream?.write(SharedBytes([UInt8](repeating: 1, count: 65_536))) }
    }
    #expect(server.eventually { $0.gone == ["/stream"] })
    #expect(!client.endsCleanly())
  }

  @Test("a single answer may be longer than the bound of the queue")
  func longAnswer() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.get("/big")
    #expect(try client.response().body.count == TestServer.bigSize)
  }

  @Test("three hundred half-sent requests do not disturb others")
  func manySlowHeads() throws {
    let server = try TestServer(quick)
    let slow = try (0..<300).map { _ in try TestClient(server) }
    for client in slow { client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX: ") }
    let client = try TestClient(server)
    for _ in 0..<20 {
      client.get("/hello")
      #expect(try client.response().text == "hello")
      server.pass(.milliseconds(20))
    }
    for client in slow { #expect(try client.response().status == 408) }
  }

  @Test("connections above the limit get 503 with Retry-After")
  func tooMany() throws {
    var limits = quick
    limits.connections = 2
    limits.idleTime = .seconds(60)
    let server = try TestServer(limits)
    let clients = try (0..<2).map { _ in try TestClient(server) }
    for client in clients {
      client.get("/hello")
      #expect(try client.response().status == 200)
    }
    let third = try TestClient(server)
    third.get("/hello")
    let response = try third.response()
    #expect(response.status == 503)
    #expect(response.has("Retry-After: 1"))
    #expect(third.endsCleanly())
  }
}
