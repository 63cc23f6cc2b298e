// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Net
import Sharing
import TestSupport
import Testing
import Time

@Suite("HTTP/2 connections, RFC 9113")
struct HTTP2ConnectionTests {
  @Test("many requests on one connection, each with its answer, Date and length")
  func requests() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    for stream in stride(from: UInt32(1), to: 41, by: 2) {
      client.send(.get("/hello", stream: stream))
      let answer = try client.answer(stream: stream)
      #expect(answer.status == 200)
      #expect(answer.text == "hello")
      #expect(answer.fields["content-length"] == "5")
      #expect(answer.fields["content-type"] == "text/plain")
      #expect(answer.fields["date"]?.hasSuffix(" GMT") == true)
      #expect(answer.fields["connection"] == nil)
    }
    #expect(server.eventually { $0.finished.count == 20 })
    let finished = server.seen.finished
    #expect(finished.allSatisfy { !$0.cut && $0.bytesSent > 5 && $0.request.path == "/hello" })
  }

  @Test("HEAD gets the fields and no DATA")
  func head() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.get("/hello", method: "HEAD"))
    let answer = try client.answer()
    #expect(answer.fields["content-length"] == "5")
    #expect(answer.body == [])
    #expect(!client.frames.contains { $0.kind == .data })
  }

  @Test("a streamed answer to HEAD is whole at once")
  func headOfStream() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.get("/stream", method: "HEAD"))
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { routes in
      let stream = routes.held("/stream")
      stream?.begin(PreparedResponse(status: 200, fields: []))
      stream?.write(SharedBytes("abc"))
      stream?.end()
    }
    #expect(try client.answer().body == [])
    #expect(server.eventually { $0.finished.count == 1 && $0.finished.first?.cut == false })
  }

  @Test("answers arrive in the order in which they are given")
  func outOfOrder() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.get("/hold1", stream: 1), .get("/hold3", stream: 3), .get("/hello", stream: 5))
    #expect(try client.answer(stream: 5).text == "hello")
    server.onLoop {
      $0.held("/hold3")?.respond(.text(200, "three"), extra: [HeaderField("X-Held-Ms", "7")])
    }
    let three = try client.answer(stream: 3)
    #expect(three.text == "three\n" && three.fields["x-held-ms"] == "7")
    server.onLoop { $0.held("/hold1")?.respond(.text(200, "one")) }
    #expect(try client.answer(stream: 1).text == "one\n")
    #expect(server.seen.gone == [])
  }

  @Test("a stream is DATA as it is written, ended by END_STREAM, without a length")
  func stream() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.get("/stream"))
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { $0.held("/stream")?.begin(PreparedResponse(status: 200, fields: [])) }
    let head = client.fields(try client.next { $0.kind == .headers }.payload)
    #expect(head["content-length"] == nil && head["transfer-encoding"] == nil)
    for size in [1, 15, 1000, 16_384] {
      server.onLoop {
        $0.held("/stream")?.write(SharedBytes([UInt8](repeating: UInt8(size & 0xff), count: size)))
      }
      let data = try client.next { $0.kind == .data }
      #expect(data.payload == [UInt8](repeating: UInt8(size & 0xff), count: size))
      #expect(!data.isLast)
    }
    server.onLoop { $0.held("/stream")?.end() }
    #expect(try client.next { $0.kind == .data }.isLast)
    #expect(server.eventually { $0.finished.count == 1 && $0.finished.first?.cut == false })
  }

  @Test("§6.9: not a byte more than the windows allow, and every byte in order")
  func flowControl() throws {
    let server = try TestServer()
    let whole = TestServer.pieces.flatMap(\.array)
    let client = try FrameClient(server, settings: Frame.setting(4, 1000))
    client.send(.get("/pieces"))
    var body: [UInt8] = []
    var window = 1000
    var generator = SplitMix64(seed: 5)
    var left = 65_535
    while body.count < whole.count {
      let frame = try client.next { $0.kind == .data }
      body += frame.payload
      #expect(frame.payload.count <= window)
      window -= frame.payload.count
      left -= frame.payload.count
      guard window == 0 || left == 0 || body.count == whole.count else { continue }
      let more = 1 + Int(generator.next() % 100_000)
      window += more
      left += more
      client.send(
        Frame(.window, stream: 1, Frame.word(UInt32(more))),
        Frame(.window, Frame.word(UInt32(more))))
    }
    #expect(body == whole)
  }

  @Test("RFC 9218: an urgent answer precedes earlier ones")
  func priorities() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    // The first answer uses up the connection's window; then the server chooses the order.
    client.send(.get("/big", stream: 1))
    var count = 0
    while count < 65_535 { count += try client.next { $0.kind == .data }.payload.count }
    client.send(.get("/hello", stream: 3, [("priority", "u=5")]), .get("/urgent", stream: 5))
    #expect(server.eventually { $0.paths.count == 3 })
    client.send(
      Frame(.window, stream: 1, Frame.word(1_000_000)),
      Frame(.window, stream: 5, Frame.word(1_000_000)), Frame(.window, Frame.word(150_000)))
    var order: [UInt32] = []
    while order.count < 11 {
      let frame = try client.next { $0.kind == .data }
      if order.last != frame.stream { order.append(frame.stream) }
      if frame.stream == 1 { break }
    }
    #expect(order == [5, 1])
  }

  @Test("a stream that the client resets frees its held request, and no other")
  func reset() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.get("/hold1", stream: 1), .get("/hold3", stream: 3))
    #expect(server.eventually { $0.paths.count == 2 })
    client.send(Frame(.reset, stream: 1, Frame.word(8)))
    #expect(server.eventually { $0.gone == ["/hold1"] })
    server.onLoop { $0.held("/hold3")?.respond(.text(200, "three")) }
    #expect(try client.answer(stream: 3).text == "three\n")
    let cut = server.seen.finished.first
    #expect(cut?.cut == true && cut?.status == 0)
  }

  @Test("a body that the route gives up is reset, never ended")
  func abort() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.get("/stream"))
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { routes in
      routes.held("/stream")?.begin(PreparedResponse(status: 200, fields: []))
      routes.held("/stream")?.write(SharedBytes("abc"))
      routes.held("/stream")?.abort()
      #expect(routes.seen.wait { $0.gone } == [])
    }
    let end = try client.next { $0.kind == .reset || $0.isLast && $0.kind == .data }
    #expect(end.kind == .reset && end.errorCode == 2)
    #expect(server.eventually { $0.gone == ["/stream"] && $0.finished.last?.cut == true })
    client.send(.get("/hello", stream: 3))
    #expect(try client.answer(stream: 3).text == "hello")
  }

  @Test("a client that disconnects or half-closes frees its held requests at once")
  func gone() throws {
    let server = try TestServer()
    var client: FrameClient? = try FrameClient(server)
    client?.send(.get("/hold1", stream: 1), .get("/hold3", stream: 3))
    #expect(server.eventually { $0.paths.count == 2 })
    client = nil
    #expect(server.eventually { $0.gone.sorted() == ["/hold1", "/hold3"] })
    let half = try FrameClient(server)
    half.send(.get("/hold5"))
    #expect(server.eventually { $0.paths.count == 3 })
    half.client.finish()
    #expect(server.eventually { $0.gone.count == 3 })
    #expect(half.client.endsCleanly())
  }

  @Test("§8.1: a request with an unfinished body is answered, then reset")
  func body() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    let fields = [
      (":method", "POST"), (":path", "/hello"), (":scheme", "http"), (":authority", "a"),
    ]
    client.send(
      Frame(.headers, flags: 4, stream: 1, Frame.section(fields)),
      Frame(.data, stream: 1, [1, 2, 3]))
    #expect(try client.answer().text == "hello")
    server.pass(.seconds(3))
    let end = try client.next { $0.kind == .reset }
    #expect(end.stream == 1 && end.errorCode == 0)
  }

  @Test("RFC 9110 §13.1.2: a client that has the bytes gets 304 without them, over both versions")
  func conditional() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(
      .get("/tagged", stream: 1), .get("/tagged", stream: 3, [("if-none-match", "\"a\"")]))
    #expect(try client.answer(stream: 1).text == "tagged")
    let answer = try client.answer(stream: 3)
    #expect(answer.status == 304 && answer.body == [])
    #expect(answer.fields["etag"] == "\"a\"" && answer.fields["content-type"] == nil)
    let rows: [(String, Int)] = [
      ("\"a\"", 304), ("W/\"a\"", 304), ("\"b\", \"a\"", 304), ("*", 304), ("\"b\"", 200),
      ("a", 200),
    ]
    let old = try TestClient(server)
    for (condition, status) in rows {
      old.get("/tagged", "If-None-Match: \(condition)\r\n")
      let response = try old.response(hasBody: status == 200)
      #expect(response.status == status, "\(condition)")
      #expect(response.has("ETag: \"a\""))
    }
  }

  @Test("§6.8: on drain open streams are answered, and GOAWAY is sent twice")
  func drain() throws {
    var limits = HTTPLimits()
    limits.checkInterval = .milliseconds(50)
    let server = try TestServer(limits)
    let idle = try FrameClient(server)
    idle.send(.get("/hello"))
    _ = try idle.answer()
    let busy = try FrameClient(server)
    busy.send(.get("/hold1"))
    #expect(server.eventually { $0.paths.count == 2 })
    server.onLoop { $0.server?.drain() }
    let last = try idle.next { $0.kind == .goAway }
    #expect(last.errorCode == 0 && last.payload.prefix(4) == [0, 0, 0, 1])
    #expect(idle.client.endsCleanly())

    let notice = try busy.next { $0.kind == .goAway }
    #expect(notice.errorCode == 0 && notice.payload.prefix(4) == [0x7f, 0xff, 0xff, 0xff])
    // A request that was on its way is taken.
    busy.send(.get("/hello", stream: 3))
    #expect(try busy.answer(stream: 3).text == "hello")
    server.pass(.milliseconds(50))
    let end = try busy.next { $0.kind == .goAway }
    #expect(end.payload.prefix(4) == [0, 0, 0, 3])
    server.onLoop { $0.held("/hold1")?.respond(.text(200, "late")) }
    #expect(try busy.answer().text == "late\n")
    #expect(busy.client.endsCleanly())
  }
}

@Suite("Deadlines and bounds of HTTP/2 connections")
struct HTTP2LimitTests {
  private static let quick: HTTPLimits = {
    var limits = HTTPLimits()
    limits.headTime = .milliseconds(200)
    limits.idleTime = .milliseconds(300)
    limits.stallTime = .milliseconds(300)
    limits.lingerTime = .milliseconds(200)
    limits.checkInterval = .milliseconds(50)
    return limits
  }()

  @Test("an idle connection gets GOAWAY and is closed; one with a held request is not")
  func idle() throws {
    let server = try TestServer(Self.quick)
    let held = try FrameClient(server)
    held.send(.get("/hold"))
    let client = try FrameClient(server)
    server.pass(.milliseconds(350))
    #expect(try client.next { $0.kind == .goAway }.errorCode == 0)
    #expect(client.client.endsCleanly())
    server.pass(.milliseconds(300))
    server.onLoop { $0.held("/hold")?.respond(.text(200, "held")) }
    #expect(try held.answer().text == "held\n")
  }

  @Test("a field section that is not complete in time ends the connection")
  func slowHead() throws {
    let server = try TestServer(Self.quick)
    let client = try FrameClient(server)
    client.send(Frame(.headers, flags: 1, stream: 1, Frame.section([(":method", "GET")])))
    server.pass(.milliseconds(250))
    #expect(try client.next { $0.kind == .goAway }.errorCode == 11)
    #expect(server.seen.faults == [.headTime])
  }

  @Test("a stream whose window stays closed is reset; the others go on")
  func zeroWindow() throws {
    let server = try TestServer(Self.quick)
    let client = try FrameClient(server, settings: Frame.setting(4, 0))
    client.send(.get("/hello", stream: 1), .get("/hold3", stream: 3))
    server.pass(.milliseconds(350))
    let end = try client.next { $0.kind == .reset }
    #expect(end.stream == 1 && end.errorCode == 11)
    #expect(server.eventually { $0.faults == [.stalled] && $0.finished.first?.cut == true })
    client.send(Frame(.window, stream: 3, Frame.word(100)))
    server.onLoop { $0.held("/hold3")?.respond(.text(200, "three")) }
    #expect(try client.answer(stream: 3).text == "three\n")
  }

  @Test("a stream whose window is opened byte by byte is reset")
  func drippingWindow() throws {
    let server = try TestServer(Self.quick)
    let client = try FrameClient(server, settings: Frame.setting(4, 1))
    client.send(.get("/big"), .get("/hold", stream: 3))
    for _ in 0..<12 {
      client.send(Frame(.window, stream: 1, Frame.word(1)))
      server.pass(.milliseconds(50))
    }
    #expect(server.seen.faults == [.stalled])
    #expect(try client.next { $0.kind == .reset }.errorCode == 11)
    client.send(Frame(.window, stream: 3, Frame.word(100)))
    server.onLoop { $0.held("/hold")?.respond(.text(200, "held")) }
    #expect(try client.answer(stream: 3).text == "held\n")
  }

  @Test("a reader that does not read is cut, and its answer is counted as cut")
  func stalledReader() throws {
    let server = try TestServer(Self.quick)
    let client = try FrameClient(
      server, settings: Frame.setting(4, 0x7fff_ffff), receiveBuffer: 4096)
    client.send(Frame(.window, Frame.word(0x7fff_0000)), .get("/big"))
    server.pass(.milliseconds(350))
    #expect(server.eventually { $0.faults == [.stalled] && $0.finished.first?.cut == true })
    #expect(server.seen.finished.first?.bytesSent ?? .max < TestServer.bigSize)
  }

  @Test("a reader slower than its stream loses that stream when too much is queued")
  func slowReader() throws {
    var limits = HTTPLimits()
    limits.queuedBytes = 256 * 1024
    let server = try TestServer(limits)
    let client = try FrameClient(server)
    client.send(.get("/stream1", stream: 1))
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { routes in
      let stream = routes.held("/stream1")
      stream?.begin(PreparedResponse(status: 200, fields: []))
      for _ in 0..<20 { stream?.write(SharedBytes([UInt8](repeating: 1, count: 65_536))) }
    }
    #expect(server.eventually { $0.gone == ["/stream1"] && $0.faults == [.slow] })
    #expect(try client.next { $0.kind == .reset }.errorCode == 11)
    client.send(Frame(.window, Frame.word(100_000)), .get("/hello", stream: 3))
    #expect(try client.answer(stream: 3).text == "hello")
  }

  @Test("connections of one address above the limit get 429; loopback addresses are exempt")
  func perAddress() throws {
    var limits = Self.quick
    limits.connectionsPerAddress = 2
    limits.exemptsLoopback = false
    limits.idleTime = .seconds(60)
    let server = try TestServer(limits)
    var clients = try (0..<2).map { _ in try TestClient(server) }
    for client in clients {
      client.get("/hello")
      #expect(try client.response().status == 200)
    }
    let third = try TestClient(server)
    let response = try third.response()
    #expect(response.status == 429 && response.has("Retry-After: 1"))
    #expect(third.endsCleanly())
    third.finish()
    clients.removeAll()
    let fourth = try TestClient(server)
    fourth.get("/hello")
    #expect(try fourth.response().status == 200)

    limits.exemptsLoopback = true
    let open = try TestServer(limits)
    let many = try (0..<4).map { _ in try TestClient(open) }
    for client in many {
      client.get("/hello")
      #expect(try client.response().status == 200)
    }
  }

  /// Four fields of 3.9 KB.
  private static let large = (0..<4).map { ("x-\($0)", String(repeating: "a", count: 3900)) }

  @Test("a request is forgotten, but for its record, while its response waits for the client")
  func answered() throws {
    let server = try TestServer()
    let client = try FrameClient(server, settings: Frame.setting(4, 0))
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    client.send(
      .get(
        "/hello?\(String(repeating: "q", count: 2000))",
        Self.large.prefix(3) + [("traceparent", trace)]))
    client.send(.get("/hold?a", stream: 3, Self.large))
    _ = try client.next { $0.kind == .headers && $0.stream == 1 }
    server.onLoop { $0.held("/hold")?.respond(.text(200, "held")) }
    #expect(server.seen.finished.isEmpty)
    for stream: UInt32 in [1, 3] { client.send(Frame(.window, stream: stream, Frame.word(100))) }
    #expect(server.eventually { $0.finished.count == 2 })
    let requests = server.seen.finished.map(\.request)
    #expect(requests.allSatisfy { $0.headSize < 1300 })
    let first = try #require(requests.first { $0.path == "/hello" })
    // One byte more than the access log has.
    #expect(first.rawPath.count + (first.query?.count ?? 0) == 1025)
    #expect(first.header("traceparent") == trace && first.methodText == "GET")
  }

  @Test("a request that is too large is not held")
  func tooLargeToHold() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.get("/hold?\(String(repeating: "q", count: 2500))"), .get("/hold?a", stream: 3))
    #expect(try client.answer().status == 431)
    #expect(server.eventually { $0.gone.count == 1 })
    server.onLoop { $0.held("/hold")?.respond(.text(200, "held")) }
    #expect(try client.answer(stream: 3).status == 200)
  }
}
