// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Sharing
import Testing
import Time

private let quick = HTTPLimits.ofSmallBodies

extension Frame {
  /// A request whose body follows.
  fileprivate static func post(
    _ path: String, stream: UInt32 = 1, _ more: [(String, String)] = []
  ) -> Frame {
    Frame(
      .headers, flags: 4, stream: stream,
      section(
        [(":method", "POST"), (":path", path), (":scheme", "http"), (":authority", "a")] + more))
  }

  fileprivate static func data(_ text: String, stream: UInt32 = 1, isLast: Bool = false) -> Frame {
    Frame(.data, flags: isLast ? 1 : 0, stream: stream, Array(text.utf8))
  }
}

@Suite("Bodies of HTTP/2 requests, RFC 9113 §5.2, §8.1")
struct HTTP2BodyTests {
  @Test("a body is received whole, and the connection continues")
  func echo() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(
      .post("/echo"), .data("abc"), .data(""), Frame(.data, flags: 8, stream: 1, [2, 100, 0, 0]),
      .data("ef", isLast: true))
    #expect(try client.answer().text == "abcdef")
    client.send(.post("/echo", stream: 3, [("content-length", "2")]), .data("gh", stream: 3))
    client.send(Frame(.headers, flags: 5, stream: 3, Frame.section([("x-trailer", "y")])))
    #expect(try client.answer(stream: 3).text == "gh")
    client.send(Frame.get("/echo", stream: 5, method: "POST"))
    #expect(try client.answer(stream: 5).text == "")
    #expect(!client.frames.contains { $0.kind == .reset })
  }

  @Test("a client that expects 100 gets it, RFC 9113 §8.1, RFC 9110 §10.1.1")
  func expectation() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.post("/echo", [("expect", "100-continue")]))
    let interim = try client.next { $0.kind == .headers }
    #expect(!interim.isLast && client.fields(interim.payload) == [":status": "100"])
    client.send(.data("abc", isLast: true))
    let answer = try client.answer()
    #expect(answer.status == 200 && answer.text == "abc")
    client.send(.post("/none", stream: 3, [("expect", "100-continue")]))
    #expect(try client.answer(stream: 3).status == 404)
  }

  @Test("windows are opened as the body is taken, and no further, §5.2.2")
  func window() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.post("/take"))
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { routes in routes.held("/take")?.isBodyPaused = true }
    let piece = [UInt8](repeating: 5, count: 16_000)
    for _ in 0..<4 { client.send(Frame(.data, stream: 1, piece)) }
    client.send(Frame(.ping, [UInt8](repeating: 1, count: 8)))
    _ = try client.next { $0.kind == .ping }
    #expect(!client.frames.contains { $0.kind == .window })
    #expect(server.seen.bodies["/take"]?.bytes.count ?? 0 == 0)
    server.onLoop { routes in routes.held("/take")?.isBodyPaused = false }
    let opened = [try client.next { $0.kind == .window }, try client.next { $0.kind == .window }]
    #expect(Set(opened.map(\.stream)) == [0, 1])
    for frame in opened {
      #expect(frame.payload.reduce(0) { $0 << 8 | Int($1) } == 64_000)
    }
    client.send(Frame(.data, flags: 1, stream: 1, piece))
    #expect(try client.answer().status == 201)
    #expect(server.seen.bodies["/take"]?.bytes.count == 80_000)
  }

  @Test("more than the window allows is an error of flow control, §6.9.1")
  func overrun() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.post("/take"))
    #expect(server.eventually { $0.paths.count == 1 })
    server.onLoop { routes in routes.held("/take")?.isBodyPaused = true }
    for _ in 0..<5 { client.send(Frame(.data, stream: 1, [UInt8](repeating: 5, count: 16_000))) }
    #expect(try client.next { $0.kind == .goAway }.errorCode == 3)
    #expect(server.eventually { $0.bodies["/take"]?.failure == .gone })
  }

  @Test("a dropped body uses up no window of the connection")
  func dropped() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    let piece = [UInt8](repeating: 5, count: 16_000)
    for index in 0..<20 {
      let stream = UInt32(2 * index + 1)
      client.send(.post("/none", stream: stream), Frame(.data, stream: stream, piece))
      #expect(try client.answer(stream: stream).status == 404)
    }
    client.send(.post("/echo", stream: 99), .data("abc", stream: 99, isLast: true))
    #expect(try client.answer(stream: 99).text == "abc")
  }

  @Test("a client that still sends after its answer gets no window, and later a reset, §8.1")
  func sendsOn() throws {
    let server = try TestServer(quick)
    let client = try FrameClient(server)
    client.send(.post("/none"))
    #expect(try client.answer().status == 404)
    for _ in 0..<4 { client.send(Frame(.data, stream: 1, [UInt8](repeating: 5, count: 16_000))) }
    server.pass(.milliseconds(350))
    let end = try client.next { $0.kind == .reset }
    #expect(end.stream == 1 && end.errorCode == 0)
    #expect(!client.frames.contains { $0.kind == .window && $0.stream == 1 })
    #expect(client.frames.contains { $0.kind == .window && $0.stream == 0 })
  }

  @Test("a body above the limit gets 413, at once if its length is known")
  func tooLarge() throws {
    let server = try TestServer(quick)
    let client = try FrameClient(server)
    client.send(.post("/echo", [("content-length", "10001"), ("expect", "100-continue")]))
    #expect(try client.answer().status == 413)
    server.pass(.milliseconds(350))
    #expect(try client.next { $0.kind == .reset }.errorCode == 0)
    client.send(.post("/echo", stream: 3))
    client.send(Frame(.data, stream: 3, [UInt8](repeating: 5, count: 10_001)))
    #expect(try client.answer(stream: 3).status == 413)
    server.pass(.milliseconds(350))
    #expect(try client.next { $0.kind == .reset }.stream == 3)
    client.send(.get("/hello", stream: 5))
    #expect(try client.answer(stream: 5).text == "hello")
    #expect(server.seen.faults == [.bodySize, .bodySize])
  }

  @Test("a body that drips gets 408; the other streams go on")
  func tooSlow() throws {
    let server = try TestServer(quick)
    let client = try FrameClient(server)
    client.send(.post("/take/slow"), .post("/take/paused", stream: 3), .get("/hold", stream: 5))
    #expect(server.eventually { $0.paths.count == 3 })
    server.onLoop { routes in routes.held("/take/paused")?.isBodyPaused = true }
    for _ in 0..<6 {
      client.send(.data("x"))
      server.pass(.milliseconds(100))
    }
    #expect(try client.answer().status == 408)
    #expect(server.seen.faults == [.bodyTime])
    #expect(
      server.seen.bodies["/take/slow"]?.failure
        == .tooSlow(minimumBytes: 400, seconds: 0.4))
    client.send(.data("abc", stream: 3, isLast: true))
    server.onLoop { routes in
      routes.held("/take/paused")?.isBodyPaused = false
      routes.held("/hold")?.respond(.text(200, "held"))
    }
    #expect(try client.answer(stream: 3).status == 201)
    #expect(try client.answer(stream: 5).text == "held\n")
  }

  @Test("many bodies on one connection, each whole")
  func many() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    let streams = (0..<50).map { UInt32(2 * $0 + 1) }
    for stream in streams {
      client.send(.post("/echo", stream: stream), .data("\(stream)", stream: stream))
    }
    for stream in streams { client.send(.data("!", stream: stream, isLast: true)) }
    for stream in streams {
      #expect(try client.answer(stream: stream).text == "\(stream)!")
    }
  }

  @Test("a reset in the middle of a body reaches the body's receiver, and no other")
  func gone() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.post("/take/1"), .data("abc"), .post("/take/2", stream: 3))
    #expect(server.eventually { $0.bodies["/take/1"]?.bytes.count == 3 })
    client.send(Frame(.reset, stream: 1, Frame.word(8)))
    #expect(server.eventually { $0.bodies["/take/1"]?.failure == .gone })
    client.send(.data("d", stream: 3, isLast: true))
    #expect(try client.answer(stream: 3).status == 201)
    // §8.1.1: less than was told.
    client.send(
      .post("/take/3", stream: 5, [("content-length", "4")]), .data("abc", stream: 5, isLast: true))
    #expect(try client.next { $0.kind == .reset }.errorCode == 1)
    #expect(server.eventually { $0.bodies["/take/3"]?.failure == .gone })
  }
}
