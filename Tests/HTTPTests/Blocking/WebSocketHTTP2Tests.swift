// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Net
import Sharing
import TestSupport
import Testing
import Time

extension Frame {
  /// An extended CONNECT request, whose HTTP/2 stream stays open.
  fileprivate static func connect(
    _ path: String = "/socket", stream: UInt32 = 1, without name: String = "",
    with more: [(String, String)] = [], flags: UInt8 = 4
  ) -> Frame {
    let fields = [
      (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path),
      (":authority", "a"), ("sec-websocket-version", "13"), ("sec-websocket-protocol", "echo"),
    ]
    let kept = fields.filter { field in
      field.0 != name && !more.contains { $0.0 == field.0 }
    }
    let all = kept + more
    let pseudo = all.filter { $0.0.hasPrefix(":") }
    return Frame(
      .headers, flags: flags, stream: stream,
      section(pseudo + all.filter { !$0.0.hasPrefix(":") }))
  }

  fileprivate static func data(
    _ bytes: [UInt8], stream: UInt32 = 1, isLast: Bool = false
  ) -> Frame {
    Frame(.data, flags: isLast ? 1 : 0, stream: stream, bytes)
  }

  fileprivate static func reset(stream: UInt32 = 1) -> Frame {
    Frame(.reset, stream: stream, word(8))
  }
}

@Suite("WebSockets over HTTP/2, RFC 8441", .blocking)
struct WebSocketHTTP2Tests {
  private func open(_ client: FrameClient, stream: UInt32 = 1) throws {
    client.send(.connect(stream: stream))
    let head = try client.next { $0.kind == .headers && $0.stream == stream }
    #expect(!head.isLast)
    let fields = client.fields(head.payload)
    #expect(fields[":status"] == "200")
    #expect(fields["sec-websocket-protocol"] == "echo")
    #expect(fields["sec-websocket-accept"] == nil && fields["upgrade"] == nil)
    #expect(fields["content-length"] == nil)
  }

  private func data(_ client: FrameClient, stream: UInt32 = 1) throws -> [UInt8] {
    try client.next { $0.kind == .data && $0.stream == stream && !$0.payload.isEmpty }.payload
  }

  /// The payload of all frames on an HTTP/2 stream, until there are `count` bytes.
  private func take(_ count: Int, _ client: FrameClient, stream: UInt32 = 1) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += try data(client, stream: stream) }
    return bytes
  }

  @Test("§3: SETTINGS_ENABLE_CONNECT_PROTOCOL is 1 in the first SETTINGS")
  func setting() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    let settings = try client.next { $0.kind == .settings && $0.flags == 0 }.payload
    let entries = stride(from: 0, to: settings.count, by: 6).map { Array(settings[$0..<$0 + 6]) }
    #expect(entries.contains(Frame.setting(8, 1)))
  }

  @Test("§5: text is echoed, END_STREAM ends both sides", arguments: Transport.allCases)
  func echo(transport: Transport) throws {
    let server = try TestServer(transport)
    let client = try FrameClient(server)
    try open(client)
    client.send(.data(clientFrame(0x81, Array("Hello".utf8))))
    #expect(try data(client) == [0x81, 5] + Array("Hello".utf8))
    client.send(.data(clientFrame(0x89, [1, 2, 3])))
    #expect(try data(client) == [0x8A, 3, 1, 2, 3])
    client.send(.data(clientFrame(0x88, [0x0F, 0xA0])))
    #expect(try data(client) == [0x88, 2, 0x0F, 0xA0])
    #expect(try client.next { $0.kind == .data }.isLast)
    client.send(.data([], isLast: true))
    #expect(server.eventually { $0.closedSockets == 1 && $0.finished.count == 1 })
    #expect(server.seen.finished.first?.status == 200)
    #expect(server.seen.finished.first?.bytesSent == 16)
    #expect(server.seen.faults.isEmpty)
    client.send(.get("/hello", stream: 3))
    #expect(try client.answer(stream: 3).text == "hello")
    #expect(!client.frames.contains { $0.kind == .reset })
  }

  @Test("a frame in pieces of one byte, each in a DATA frame")
  func pieces() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    try open(client)
    for byte in clientFrame(0x81, Array("piece".utf8)) { client.send(.data([byte])) }
    #expect(try data(client) == [0x81, 5] + Array("piece".utf8))
  }

  @Test("sockets and requests share a connection, and do not disturb one another")
  func several() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    for stream: UInt32 in [1, 3, 5] { try open(client, stream: stream) }
    client.send(.get("/hold", stream: 7), .get("/hello", stream: 9))
    #expect(try client.answer(stream: 9).text == "hello")
    client.send(.reset(stream: 3))
    client.send(.data(clientFrame(0x81, [0x41]), stream: 1))
    #expect(try data(client, stream: 1) == [0x81, 1, 0x41])
    client.send(.data(clientFrame(0x81, [0x42]), stream: 5))
    #expect(try data(client, stream: 5) == [0x81, 1, 0x42])
    #expect(server.eventually { $0.closedSockets == 1 })
    server.onLoop { $0.held("/hold")?.respond(.text(200, "held")) }
    #expect(try client.answer(stream: 7).text == "held\n")
    client.client.finish()
    #expect(server.eventually { $0.closedSockets == 3 })
    #expect(server.seen.finished.filter { $0.request.path == "/socket" }.count == 3)
  }

  @Test("§5: flow control holds for the socket's bytes, and none is lost")
  func flowControl() throws {
    let server = try TestServer()
    let client = try FrameClient(server, settings: Frame.setting(4, 100))
    try open(client)
    let text = [UInt8](repeating: 0x61, count: 1000)
    for _ in 0..<3 { client.send(.data(clientFrame(0x81, text))) }
    var bytes = try take(100, client)
    #expect(bytes.count == 100)
    client.send(Frame(.ping, [UInt8](repeating: 1, count: 8)))
    #expect(try client.next { $0.kind == .ping || $0.kind == .data }.kind == .ping)
    client.send(Frame(.window, stream: 1, Frame.word(5000)))
    bytes += try take(2912, client)
    #expect(bytes == Array(repeating: [0x81, 126, 3, 0xE8] + text, count: 3).flatMap { $0 })
  }

  @Test("a socket counts as a connection of its address until its end")
  func counted() throws {
    var limits = HTTPLimits()
    (limits.connectionsPerAddress, limits.exemptsLoopback) = (3, false)
    let server = try TestServer(limits)
    let client = try FrameClient(server)
    for stream: UInt32 in [1, 3] { try open(client, stream: stream) }
    client.send(.connect(stream: 5), .get("/hello", stream: 7))
    #expect(try client.answer(stream: 5).status == 429)
    #expect(try client.answer(stream: 7).status == 200)
    #expect(server.seen.faults == [.addressConnections])
    client.send(.reset(stream: 3))
    try open(client, stream: 9)
  }

  @Test("frames wait while answers are not read, and are all answered later")
  func unreadAnswers() throws {
    let server = try TestServer()
    let client = try FrameClient(server, settings: Frame.setting(4, 0))
    try open(client)
    // The answers to 60 frames would be 13 KB in memory; the bytes that wait are below 4 KB.
    let ping = clientFrame(0x89, [UInt8](repeating: 0x61, count: 60))
    for _ in 0..<60 { client.send(.data(ping)) }
    let queued = server.queuedSocketBytes
    #expect(queued > 1000 && queued < 2500)
    #expect(server.seen.faults.isEmpty)
    client.send(Frame(.window, stream: 1, Frame.word(1 << 20)))
    let pong = [0x8A, 60] + [UInt8](repeating: 0x61, count: 60)
    #expect(try take(60 * 62, client) == Array(repeating: pong, count: 60).flatMap { $0 })
  }

  @Test("a client that sends much and reads no answers is refused")
  func manyUnreadAnswers() throws {
    let server = try TestServer()
    let client = try FrameClient(server, settings: Frame.setting(4, 0))
    try open(client)
    let ping = clientFrame(0x89, [UInt8](repeating: 0x61, count: 125))
    for _ in 0..<90 { client.send(.data(ping)) }
    #expect(server.seen.faults == [.messageRate])
    #expect(server.queuedSocketBytes < 4000)
    server.pass(.seconds(4))
    #expect(server.eventually { $0.closedSockets == 1 })
  }

  @Test("the window for the client's bytes is opened again")
  func window() throws {
    let server = try TestServer()
    let client = try FrameClient(server, settings: Frame.setting(4, 1 << 30))
    client.send(Frame(.window, Frame.word(1 << 30)))
    try open(client)
    let text = [UInt8](repeating: 0x61, count: 10_000)
    for _ in 0..<20 {
      client.send(.data(clientFrame(0x81, text)))
      _ = try take(10_004, client)
    }
    #expect(client.frames.contains { $0.kind == .window && $0.stream == 1 })
    #expect(server.seen.faults.isEmpty)
  }

  struct EndRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    /// The code of the Close frame; nil if the client gets none.
    let code: Int?
    let fault: ConnectionFault?
  }

  static let endRows = [
    EndRow(testDescription: "RST_STREAM", bytes: Frame.reset().bytes, code: nil, fault: nil),
    EndRow(
      testDescription: "END_STREAM without a Close frame",
      bytes: Frame.data([], isLast: true).bytes, code: nil, fault: nil),
    EndRow(
      testDescription: "END_STREAM inside a frame",
      bytes: Frame.data([0x81], isLast: true).bytes, code: nil, fault: nil),
    EndRow(
      testDescription: "trailers in place of END_STREAM on DATA",
      bytes: Frame(.headers, flags: 5, stream: 1, Frame.section([("x", "y")])).bytes, code: nil,
      fault: nil),
    EndRow(
      testDescription: "a frame that is not masked", bytes: Frame.data([0x81, 1, 0x41]).bytes,
      code: 1002, fault: .webSocket),
    EndRow(
      testDescription: "text that is not UTF-8", bytes: Frame.data(clientFrame(0x81, [0xFF])).bytes,
      code: 1007, fault: .webSocket),
    EndRow(
      testDescription: "a message that is too large",
      bytes: Frame.data([0x81, 0xFF] + [UInt8](repeating: 0x7F, count: 12)).bytes, code: 1009,
      fault: .webSocket),
    EndRow(
      testDescription: "too many messages",
      bytes: Frame.data((0..<200).flatMap { _ in clientFrame(0x8A, []) }).bytes, code: 1008,
      fault: .messageRate),
  ]

  @Test("the end of one socket; its connection goes on", arguments: endRows)
  func end(row: EndRow) throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    try open(client)
    client.send(row.bytes)
    if let code = row.code {
      let close = try data(client)
      #expect(close[0] == 0x88)
      #expect(Int(close[2]) << 8 | Int(close[3]) == code)
      client.send(.data(clientFrame(0x88, []), isLast: true))
      server.pass(.seconds(3))
    }
    #expect(server.eventually { $0.closedSockets == 1 && $0.finished.count == 1 })
    #expect(server.seen.faults == (row.fault.map { [$0] } ?? []))
    client.send(.get("/hello", stream: 3))
    #expect(try client.answer(stream: 3).text == "hello")
    server.pass(.seconds(3))
    try open(client, stream: 5)
  }

  struct RefusalRow: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let frame: Frame
    /// The status; 0 for RST_STREAM with PROTOCOL_ERROR.
    let status: Int
  }

  static let refusalRows = [
    RefusalRow(
      testDescription: "§4: :protocol without CONNECT",
      frame: .connect(with: [(":method", "GET")]), status: 0),
    RefusalRow(
      testDescription: "§4: without :scheme", frame: .connect(without: ":scheme"), status: 0),
    RefusalRow(testDescription: "§4: without :path", frame: .connect(without: ":path"), status: 0),
    RefusalRow(
      testDescription: "§4: without :authority", frame: .connect(without: ":authority"), status: 0),
    RefusalRow(
      testDescription: "§5: a field of HTTP/1.1",
      frame: .connect(with: [("upgrade", "websocket")]), status: 0),
    RefusalRow(
      testDescription: "RFC 9113 §8.5: CONNECT without :protocol, with :path",
      frame: .connect(without: ":protocol"), status: 0),
    RefusalRow(
      testDescription: "an unknown protocol", frame: .connect(with: [(":protocol", "connect-udp")]),
      status: 501),
    RefusalRow(
      testDescription: "an HTTP/2 stream without bytes", frame: .connect(flags: 5), status: 400),
    RefusalRow(
      testDescription: "RFC 9110 §15.5.22: without a version; 426 needs Upgrade",
      frame: .connect(without: "sec-websocket-version"),
      status: 400),
    RefusalRow(
      testDescription: "another version", frame: .connect(with: [("sec-websocket-version", "8")]),
      status: 400),
    RefusalRow(
      testDescription: "without a protocol", frame: .connect(without: "sec-websocket-protocol"),
      status: 400),
    RefusalRow(
      testDescription: "another protocol",
      frame: .connect(with: [("sec-websocket-protocol", "chat")]), status: 400),
    RefusalRow(
      testDescription: "a path that is not one", frame: .connect("socket"), status: 0),
  ]

  @Test("requests that are refused; the connection goes on", arguments: refusalRows)
  func refused(row: RefusalRow) throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(row.frame)
    if row.status == 0 {
      #expect(try client.next { $0.kind == .reset || $0.kind == .headers }.errorCode == 1)
    } else {
      #expect(try client.answer().status == row.status)
    }
    try open(client, stream: 3)
    #expect(server.seen.closedSockets == 0)
  }

  @Test("RFC 9110 §7.8: the name of the protocol may have capital letters")
  func letterCase() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(.connect(with: [(":protocol", "WebSocket")]))
    let head = try client.next { $0.kind == .headers }
    #expect(client.fields(head.payload)[":status"] == "200")
  }

  @Test("a silent client gets a Ping frame; then its HTTP/2 stream is reset with CANCEL")
  func silent() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    try open(client)
    try open(client, stream: 3)
    server.pass(.seconds(21))
    #expect(try data(client) == [0x89, 0])
    client.send(.data(clientFrame(0x8A, []), stream: 3))
    server.pass(.seconds(21))
    let reset = try client.next { $0.kind == .reset }
    #expect(reset.stream == 1 && reset.errorCode == 8)
    #expect(server.seen.faults == [.silent])
    #expect(server.seen.closedSockets == 1)
  }

  @Test("a client that leaves the window closed is cut, and no other")
  func stalled() throws {
    let server = try TestServer()
    let client = try FrameClient(server, settings: Frame.setting(4, 100))
    try open(client)
    try open(client, stream: 3)
    client.send(.data(clientFrame(0x81, [UInt8](repeating: 0x41, count: 10_000))))
    server.pass(.seconds(11))
    #expect(server.seen.faults == [.stalled])
    #expect(server.seen.closedSockets == 1)
    client.send(.data(clientFrame(0x81, [0x42]), stream: 3))
    #expect(try data(client, stream: 3) == [0x81, 1, 0x42])
  }

  @Test("the server's end is announced by 1001 and GOAWAY")
  func drain() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    try open(client)
    server.onLoop { $0.server?.drain() }
    #expect(try data(client) == [0x88, 18, 0x03, 0xE9] + Array("the server stops".utf8))
    _ = try client.next { $0.kind == .goAway }
    client.send(.data(clientFrame(0x88, [0x03, 0xE9]), isLast: true))
    server.pass(.seconds(5))
    #expect(client.client.endsCleanly())
    #expect(server.seen.closedSockets == 1)
  }

  @Test("a connection that is lost ends all of its sockets")
  func lost() throws {
    let server = try TestServer(.sockets)
    do {
      let client = try FrameClient(server)
      for stream: UInt32 in [1, 3, 5] { try open(client, stream: stream) }
      client.send([UInt8](repeating: 0xFF, count: 20_000))
    }
    #expect(server.eventually { $0.closedSockets == 3 && $0.finished.count == 3 })
  }
}
