// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Sharing
import Testing

/// The end of a connection, stream or request that violates the protocol.
private enum Ending: Equatable, CustomStringConvertible {
  /// A connection error: GOAWAY with this code, then the end.
  case connection(UInt32)
  /// A stream error: RST_STREAM with this code; the connection goes on.
  case stream(UInt32)
  /// An answer with this status.
  case answer(Int)

  var description: String {
    switch self {
    case .connection(let code): "GOAWAY \(code)"
    case .stream(let code): "RST_STREAM \(code)"
    case .answer(let status): "\(status)"
    }
  }
}

/// RFC 9113 §7.
private enum Code {
  static let protocolError: UInt32 = 1
  static let flowControl: UInt32 = 3
  static let streamClosed: UInt32 = 5
  static let frameSize: UInt32 = 6
  static let refused: UInt32 = 7
  static let compression: UInt32 = 9
  static let calm: UInt32 = 11
}

/// Frames after the preface and SETTINGS, and the end that they must have.
struct FrameRow: Sendable, CustomStringConvertible {
  let description: String
  fileprivate let ending: @Sendable () -> Ending
  let bytes: [UInt8]

  fileprivate init(
    _ description: String, _ ending: @autoclosure @escaping @Sendable () -> Ending,
    _ frames: Frame...
  ) {
    self.description = description
    self.ending = ending
    bytes = frames.flatMap(\.bytes)
  }
}

private let noHead: [(String, String)] = []

private func head(_ fields: [(String, String)], flags: UInt8 = 5) -> Frame {
  Frame(.headers, flags: flags, stream: 1, Frame.section(fields))
}

private let usual = [(":method", "GET"), (":path", "/hello"), (":scheme", "http")]

private let frameRows: [FrameRow] = [
  FrameRow("a request", .answer(200), .get("/hello")),
  FrameRow(
    "§4.1: an unknown frame type is ignored", .answer(200),
    Frame(type: 99, flags: 255, stream: 7, [1, 2, 3]), .get("/hello")),
  FrameRow(
    "§6.5.2: an unknown setting is ignored", .answer(200),
    Frame(.settings, Frame.setting(0xff, 1)), .get("/hello")),
  FrameRow(
    "§4.2: a frame above SETTINGS_MAX_FRAME_SIZE", .connection(Code.frameSize),
    Frame(.headers, flags: 4, stream: 1, [UInt8](repeating: 0, count: 16_385))),
  FrameRow("§6.1: DATA on stream 0", .connection(Code.protocolError), Frame(.data, [1])),
  FrameRow(
    "§5.1: DATA on an idle stream", .connection(Code.protocolError),
    Frame(.data, stream: 1, [1])),
  FrameRow(
    "§6.1: padding as long as the payload", .connection(Code.protocolError),
    Frame(.headers, flags: 4, stream: 1, Frame.section(usual + [(":authority", "a")])),
    Frame(.data, flags: 8, stream: 1, [5, 1, 1])),
  FrameRow(
    "§6.2: HEADERS on stream 0", .connection(Code.protocolError),
    Frame(.headers, flags: 5, [0x82])),
  FrameRow("§5.1.1: an even stream", .connection(Code.protocolError), .get("/hello", stream: 2)),
  FrameRow(
    "§5.1.1: a number that was skipped", .connection(Code.protocolError),
    .get("/hold", stream: 5), .get("/hello", stream: 3)),
  FrameRow(
    "§6.2: padding as long as the payload", .connection(Code.protocolError),
    Frame(.headers, flags: 13, stream: 1, [9, 0x82])),
  FrameRow(
    "§6.3: PRIORITY on stream 0", .connection(Code.protocolError),
    Frame(.priority, [0, 0, 0, 0, 0])),
  FrameRow(
    "§6.3: PRIORITY of 4 octets", .connection(Code.frameSize),
    Frame(.priority, stream: 1, [0, 0, 0, 0])),
  FrameRow(
    "§6.4: RST_STREAM on stream 0", .connection(Code.protocolError),
    Frame(.reset, Frame.word(8))),
  FrameRow(
    "§6.4: RST_STREAM on an idle stream", .connection(Code.protocolError),
    Frame(.reset, stream: 1, Frame.word(8))),
  FrameRow(
    "§6.4: RST_STREAM of 3 octets", .connection(Code.frameSize),
    .get("/hold"), Frame(.reset, stream: 1, [0, 0, 8])),
  FrameRow(
    "§6.5: SETTINGS on a stream", .connection(Code.protocolError),
    Frame(.settings, stream: 1)),
  FrameRow(
    "§6.5: SETTINGS of 5 octets", .connection(Code.frameSize),
    Frame(.settings, [0, 1, 0, 0, 0])),
  FrameRow(
    "§6.5: an acknowledgement with a payload", .connection(Code.frameSize),
    Frame(.settings, flags: 1, Frame.setting(1, 1))),
  FrameRow(
    "§6.5.2: SETTINGS_ENABLE_PUSH 2", .connection(Code.protocolError),
    Frame(.settings, Frame.setting(2, 2))),
  FrameRow(
    "§6.5.2: SETTINGS_INITIAL_WINDOW_SIZE 2^31", .connection(Code.flowControl),
    Frame(.settings, Frame.setting(4, 1 << 31))),
  FrameRow(
    "§6.5.2: SETTINGS_MAX_FRAME_SIZE 16383", .connection(Code.protocolError),
    Frame(.settings, Frame.setting(5, 16_383))),
  FrameRow(
    "§8.4: PUSH_PROMISE from a client", .connection(Code.protocolError),
    .get("/hold"), Frame(.push, flags: 4, stream: 1, Frame.word(2) + [0x82])),
  FrameRow(
    "§6.7: PING on a stream", .connection(Code.protocolError),
    Frame(.ping, stream: 1, [UInt8](repeating: 0, count: 8))),
  FrameRow(
    "§6.7: PING of 7 octets", .connection(Code.frameSize),
    Frame(.ping, [UInt8](repeating: 0, count: 7))),
  FrameRow(
    "§6.8: GOAWAY on a stream", .connection(Code.protocolError),
    Frame(.goAway, stream: 1, Frame.word(0) + Frame.word(0))),
  FrameRow(
    "§6.9: WINDOW_UPDATE 0 of the connection", .connection(Code.protocolError),
    Frame(.window, Frame.word(0))),
  FrameRow(
    "§6.9, §5.4: WINDOW_UPDATE 0 of a stream, treated as an error of the connection",
    .connection(Code.protocolError),
    .get("/hold"), Frame(.window, stream: 1, Frame.word(0))),
  FrameRow(
    "§6.9: WINDOW_UPDATE of 3 octets", .connection(Code.frameSize),
    Frame(.window, [0, 0, 1])),
  FrameRow(
    "§6.9: WINDOW_UPDATE on an idle stream", .connection(Code.protocolError),
    Frame(.window, stream: 1, Frame.word(1))),
  FrameRow(
    "§6.9.1: a connection's window above 2^31-1", .connection(Code.flowControl),
    Frame(.window, Frame.word(0x7fff_ffff))),
  FrameRow(
    "§6.9.1: a stream's window above 2^31-1", .stream(Code.flowControl),
    .get("/hold"), Frame(.window, stream: 1, Frame.word(0x7fff_ffff))),
  FrameRow(
    "§6.10: CONTINUATION without HEADERS", .connection(Code.protocolError),
    Frame(.continuation, flags: 4, stream: 1, [0x82])),
  FrameRow(
    "§6.10: another frame inside a field section", .connection(Code.protocolError),
    Frame(.headers, flags: 1, stream: 1, [0x82]), Frame(.ping, [UInt8](repeating: 0, count: 8))),
  FrameRow(
    "§6.10: CONTINUATION of another stream", .connection(Code.protocolError),
    Frame(.headers, flags: 1, stream: 1, [0x82]),
    Frame(.continuation, flags: 4, stream: 3, [0x84])),
  FrameRow(
    "§4.3: an index that no table has", .connection(Code.compression),
    Frame(.headers, flags: 5, stream: 1, [0xff, 0xff, 0x7f])),
  FrameRow(
    "§4.3: a field section that is cut off", .connection(Code.compression),
    Frame(.headers, flags: 5, stream: 1, [0x00, 5, 0x61])),
  FrameRow(
    "§5.1: HEADERS on a stream that the client has ended", .connection(Code.streamClosed),
    .get("/hold"), .get("/hello")),
  FrameRow(
    "§5.1: DATA on a stream that the client has ended", .connection(Code.streamClosed),
    .get("/hold"), Frame(.data, stream: 1, [1])),
  FrameRow(
    "§8.1.1: more DATA than content-length", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), ("content-length", "1")], flags: 4),
    Frame(.data, flags: 1, stream: 1, [1, 2])),
  FrameRow(
    "§8.2.1: a name in capital letters", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), ("Accept", "x")])),
  FrameRow(
    "§8.2.1: a space in a name", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), ("a b", "x")])),
  FrameRow(
    "§8.2.1: a line end in a value", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), ("a", "x\r\nhost: b")])),
  FrameRow(
    "§8.2.1: NUL in a value", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), ("a", "x\0")])),
  FrameRow(
    "§8.2.2: Connection", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), ("connection", "close")])),
  FrameRow(
    "§8.2.2: Transfer-Encoding", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), ("transfer-encoding", "chunked")])),
  FrameRow(
    "§8.2.2: TE other than trailers", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), ("te", "gzip")])),
  FrameRow(
    "§8.3: a pseudo-field after others", .stream(Code.protocolError),
    head([(":method", "GET"), (":path", "/"), ("a", "b"), (":scheme", "http")])),
  FrameRow(
    "§8.3: an unknown pseudo-field", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), (":x", "y")])),
  FrameRow(
    "§8.3: a pseudo-field of responses", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), (":status", "200")])),
  FrameRow(
    "§8.3.1: two paths", .stream(Code.protocolError),
    head(usual + [(":path", "/x"), (":authority", "a")])),
  FrameRow(
    "§8.3.1: no path", .stream(Code.protocolError),
    head([(":method", "GET"), (":scheme", "http"), (":authority", "a")])),
  FrameRow(
    "§8.3.1: an empty path", .stream(Code.protocolError),
    head([(":method", "GET"), (":path", ""), (":scheme", "http"), (":authority", "a")])),
  FrameRow(
    "§8.3.1: no scheme", .stream(Code.protocolError),
    head([(":method", "GET"), (":path", "/hello"), (":authority", "a")])),
  FrameRow("§8.3.1: neither authority nor Host", .stream(Code.protocolError), head(usual)),
  FrameRow(
    "§8.3.1: a Host that differs", .stream(Code.protocolError),
    head(usual + [(":authority", "a"), ("host", "b")])),
  FrameRow("§8.3.1: Host instead of authority", .answer(200), head(usual + [("host", "a")])),
  FrameRow(
    "RFC 9110 §7.2: user info in the authority", .answer(400),
    head(usual + [(":authority", "u@a")])),
  FrameRow(
    "RFC 9110 §10.1.1: an unknown expectation", .answer(417),
    .get("/hello", [("expect", "a")])),
  FrameRow(
    "RFC 9110 §15.5.15: a long path", .answer(414),
    .get("/" + String(repeating: "a", count: 5000))),
  FrameRow(
    "§10.5.1: a list above SETTINGS_MAX_HEADER_LIST_SIZE", .answer(431),
    .get(
      "/hello",
      [("a", String(repeating: "b", count: 10_000)), ("c", String(repeating: "d", count: 6200))])),
  FrameRow(
    "RFC 6585 §5: a hundred and ten fields", .answer(431),
    .get("/hello", (0..<110).map { ("a\($0)", "b") })),
]

@Suite("Violations of HTTP/2 have the effect that RFC 9113 requires")
struct FrameViolationTests {
  @Test("frames", arguments: frameRows)
  func table(_ row: FrameRow) throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    client.send(row.bytes)
    #expect(try ending(client) == row.ending())
    guard case .connection = row.ending() else {
      // The connection goes on.
      client.send(.get("/hello", stream: 3))
      #expect(try client.answer(stream: 3).text == "hello")
      return
    }
    #expect(client.client.endsCleanly())
    #expect(server.eventually { $0.faults == [.protocolError] })
    #expect(server.eventually { $0.paths.count == $0.finished.count })
  }

  private func ending(_ client: FrameClient) throws -> Ending {
    while true {
      let frame = try client.next()
      switch frame.kind {
      case .goAway: return .connection(frame.errorCode)
      case .reset: return .stream(frame.errorCode)
      case .headers:
        let ending = Ending.answer(Int(client.fields(frame.payload)[":status"] ?? "") ?? 0)
        while try !client.next(where: { $0.kind == .data }).isLast {}
        return ending
      default: continue
      }
    }
  }

  @Test("§3.4: the first frame after the preface must be SETTINGS")
  func firstFrame() throws {
    let server = try TestServer()
    let client = try FrameClient(server, settings: nil)
    client.send(FrameClient.preface + Frame.get("/hello").bytes)
    #expect(try client.next { $0.kind == .goAway }.errorCode == Code.protocolError)
    #expect(server.seen.paths == [])
  }

  @Test("§3.4: the preface may come in pieces, and a method may begin like it")
  func pieces() throws {
    let server = try TestServer()
    let client = try FrameClient(server, settings: nil)
    for octet in FrameClient.preface + Frame(.settings).bytes + Frame.get("/hello").bytes {
      client.send([octet])
    }
    #expect(try client.answer().text == "hello")
    let other = try TestClient(server)
    other.send("P")
    other.send("RI")
    other.send(" /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try other.response().text == "hello")
    let post = try TestClient(server)
    post.send("PRI * HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try post.response().status == 400)
  }

  @Test("§5.1.2: streams above the limit are refused, the others are not")
  func manyStreams() throws {
    var limits = HTTPLimits()
    limits.streams = 3
    let server = try TestServer(limits)
    let client = try FrameClient(server)
    let settings = try client.next { $0.kind == .settings && !$0.isLast }
    #expect(settings.payload.starts(with: Frame.setting(3, 3)))
    for stream in [1, 3, 5, 7] as [UInt32] { client.send(.get("/hold\(stream)", stream: stream)) }
    let refused = try client.next { $0.kind == .reset }
    #expect(refused.stream == 7 && refused.errorCode == Code.refused)
    server.onLoop { $0.held("/hold5")?.respond(.text(200, "five")) }
    #expect(try client.answer(stream: 5).text == "five\n")
    // After the acknowledgement of the limit, one more stream is a violation.
    client.send(Frame(.settings, flags: 1), .get("/hold9", stream: 9), .get("/x", stream: 11))
    #expect(try client.next { $0.kind == .goAway }.errorCode == Code.protocolError)
  }

  @Test("requests above the limit of held ones get 429 with Retry-After")
  func manyHeld() throws {
    var limits = HTTPLimits()
    limits.heldRequests = 2
    let server = try TestServer(limits)
    let client = try FrameClient(server)
    client.send(.get("/hold1", stream: 1), .get("/hold3", stream: 3), .get("/hello", stream: 5))
    let answer = try client.answer(stream: 5)
    #expect(answer.status == 429)
    #expect(answer.fields["retry-after"] == "1")
    server.onLoop { $0.held("/hold1")?.respond(.text(200, "one")) }
    #expect(try client.answer(stream: 1).text == "one\n")
    client.send(.get("/hello", stream: 7))
    #expect(try client.answer(stream: 7).status == 200)
    #expect(server.seen.faults == [.heldRequests])
  }
}

/// Frames that are repeated until the connection ends, and the fault that ends it.
struct FloodRow: Sendable, CustomStringConvertible {
  let description: String
  let fault: ConnectionFault
  /// The first number that is too large.
  let count: Int
  let frames: @Sendable (Int) -> [UInt8]
}

private let floodRows: [FloodRow] = [
  FloodRow(description: "CVE-2023-44487: rapid reset", fault: .rapidReset, count: 201) { index in
    let stream = UInt32(2 * index + 1)
    return Frame.get("/hold\(index)", stream: stream).bytes
      + Frame(.reset, stream: stream, Frame.word(8)).bytes
  },
  FloodRow(description: "CVE-2025-8671: resets by the server", fault: .rapidReset, count: 201) {
    index in
    let stream = UInt32(2 * index + 1)
    return Frame.get("/hold\(index)", stream: stream).bytes
      + Frame(.window, stream: stream, Frame.word(0x7fff_ffff)).bytes
  },
  FloodRow(description: "CVE-2019-9512: PING", fault: .pingFlood, count: 201) { index in
    Frame(.ping, [UInt8](repeating: UInt8(index & 255), count: 8)).bytes
  },
  FloodRow(description: "CVE-2019-9515: SETTINGS", fault: .settingsFlood, count: 100) { _ in
    Frame(.settings).bytes
  },
  FloodRow(description: "CVE-2019-9518: DATA without bytes", fault: .emptyFrames, count: 2001) {
    index in
    let open = Frame(
      .headers, flags: 4, stream: 1,
      Frame.section(usual.map { $0.0 == ":path" ? ($0.0, "/hold") : $0 } + [(":authority", "a")]))
    return (index == 0 ? open.bytes : []) + Frame(.data, stream: 1).bytes
  },
  FloodRow(description: "CVE-2019-9513: PRIORITY", fault: .emptyFrames, count: 2001) { index in
    Frame(.priority, stream: UInt32(2 * index + 1), [0, 0, 0, 0, 1]).bytes
  },
  FloodRow(description: "PRIORITY_UPDATE", fault: .emptyFrames, count: 2001) { index in
    Frame(type: 0x10, flags: 0, stream: 0, Frame.word(1) + Array("u=1".utf8)).bytes
  },
  FloodRow(description: "WINDOW_UPDATE without DATA", fault: .emptyFrames, count: 2001) { _ in
    Frame(.window, Frame.word(1)).bytes
  },
  FloodRow(description: "unknown frames", fault: .emptyFrames, count: 2001) { _ in
    Frame(type: 200, flags: 0, stream: 0, []).bytes
  },
  FloodRow(description: "CVE-2024-28182: CONTINUATION", fault: .continuationFlood, count: 20) {
    index in
    index == 0
      ? Frame(.headers, flags: 1, stream: 1, Frame.section(usual)).bytes
      : Frame(.continuation, stream: 1, Frame.section([("a\(index)", "b")])).bytes
  },
  FloodRow(description: "CVE-2016-6581: a header bomb", fault: .headerBomb, count: 1) { _ in
    // One entry of the table, named ten thousand times.
    let bomb =
      [0x40] + Frame.section([("a", String(repeating: "b", count: 3000))]).dropFirst()
      + [UInt8](repeating: 0xbe, count: 10_000)
    return Frame(.headers, flags: 5, stream: 1, Frame.section(usual) + bomb).bytes
  },
]

@Suite("Floods of HTTP/2, RFC 9113 §10.5")
struct FloodTests {
  @Test("end the connection with ENHANCE_YOUR_CALM", arguments: floodRows)
  func table(_ row: FloodRow) throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    let other = try FrameClient(server)
    // One less is no flood.
    for index in 0..<row.count - 1 where row.count >= 100 { client.send(row.frames(index)) }
    if row.count >= 100 {
      #expect(
        server.seen.faults.filter { ![.protocolError, .heldRequests].contains($0) } == [])
    }
    for index in (row.count >= 100 ? row.count - 1 : 0)..<row.count + 10 {
      client.send(row.frames(index))
    }
    let end = try client.next { $0.kind == .goAway }
    #expect(end.errorCode == Code.calm)
    #expect(server.eventually { $0.faults.contains(row.fault) })
    // No request of the connection is left, and other connections are unaffected.
    #expect(server.eventually { $0.paths.count == $0.gone.count })
    other.send(.get("/hello"))
    #expect(try other.answer().text == "hello")
  }
}
