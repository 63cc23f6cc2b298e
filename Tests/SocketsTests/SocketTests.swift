// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Media
import Net
import Packaging
import Server
import ServerTestSupport
import Sharing
import Sockets
import Statistics
import TestSupport
import Testing
import Time

@Suite("llws.v1 over a synthetic stream")
struct SocketTests {
  private func media(_ received: [Received]) -> [Received] { received.filter { !$0.isText } }

  private func chunk(
    _ index: Int64, _ number: UInt32, flags: UInt8 = 0, channel: Int = 1
  ) -> Received {
    .media(kind: 1, flags: flags, channel: channel, number: number, "<\(index)>")
  }

  @Test("pages of the server and of permitted origins may open a socket, others may not")
  func origins() throws {
    var options = ServingOptions()
    options.socketOrigins = SocketOrigins(
      ["https://Example.com", "https://a.example:443", "http://b.example:8080/path"],
      hosts: KnownHosts(["x"]))
    for (restricted, origin, status) in [
      (false, "https://other.example", 101), (true, nil, 101), (true, "https://example.com", 101),
      (true, "http://x", 101), (true, "https://X", 101), (true, "https://other.example", 403),
      (true, "https://a.example", 101), (true, "http://b.example:8080", 101),
      (true, "http://example.com", 403), (true, "null", 403),
      (true, "https://example.com.evil", 403),
    ] as [(Bool, String?, Int)] {
      let handler = try SyntheticHandler(options: restricted ? options : ServingOptions())
      let exchange = try handler.ask(
        "/live/ws",
        [
          "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: llws.v1",
        ] + (origin.map { ["Origin: \($0)"] } ?? []))
      #expect(
        exchange.status == (status == 101 ? 400 : 403), "\(origin ?? "none"): \(exchange.text)")
    }
  }

  @Test("a page whose name points to this machine is none of the server, RFC 6455 §10.2")
  func rebinding() throws {
    var options = ServingOptions()
    options.socketOrigins = SocketOrigins(
      ["https://good.example"], hosts: KnownHosts(["own.example"]))
    for (host, origin, isPermitted) in [
      ("own.example", "https://own.example", true),
      ("OWN.example.:1", "http://own.example.:1", true),
      ("127.0.0.1:8080", "http://127.0.0.1:8080", true), ("[::1]", "http://[::1]", true),
      ("localhost:1", "http://localhost:1", true), ("a.localhost", "http://a.localhost", true),
      ("evil.example", "http://evil.example", false),
      ("evil.example:8080", "https://evil.example:8080", false),
      ("127.0.0.1.evil.example", "http://127.0.0.1.evil.example", false),
      ("evil.example", "https://good.example", true), ("evil.example", nil, true),
    ] as [(String, String?, Bool)] {
      let handler = try SyntheticHandler(options: options)
      let fields = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: llws.v1",
      ]
      let origins = origin.map { ["Origin: \($0)"] } ?? []
      let asked = try handler.ask("/live/ws", fields + origins, host: host)
      // RFC 9112 §3.2.2: the host of the target is the one that counts.
      let absolute = try handler.ask(
        "http://\(host)/live/ws", fields + origins, host: "own.example")
      for exchange in [asked, absolute] {
        #expect(exchange.status == (isPermitted ? 400 : 403), "\(host): \(exchange.text)")
      }
    }
  }

  @Test("hello, list and ping are answered; unknown messages are ignored")
  func control() throws {
    let lab = SocketLab(try .live())
    let client = lab.connect()
    client.send(#"{"t":"hello","v":1}"#)
    client.send(#"{"t":"list"}"#)
    client.send(#"{"t":"future","x":[1]}"#)
    client.send(#"{"t":"ping","id":3,"c":12.5}"#)
    let texts = client.read().map { "\($0)" }
    #expect(texts.count == 4)
    #expect(texts[0].contains("welcome") && texts[1].contains("source"))
    #expect(texts[2].contains("channels") && texts[2].contains("avc1.64001e"))
    #expect(texts[3].contains("pong") && texts[3].contains("12.5"))
    client.send("nonsense")
    #expect(client.read().last == .close(1007))
  }

  @Test("renditions that appear or change after a list are told once, to clients that have asked")
  func channels() throws {
    let clock = ManualClock()
    let handler = try SyntheticHandler(clock: clock)
    handler.goLive()
    let lab = SocketLab(handler)
    let (first, second, silent) = (lab.connect(), lab.connect(), lab.connect())
    for client in [first, second, silent] {
      if client !== silent { client.send(#"{"t":"list"}"#) }
      _ = client.read()
    }
    let size = try #require(VideoSize(width: 1280, height: 720))
    handler.stream.window.describe(
      TrackDescription(
        rendition: "video", codecs: "avc1.64001f", bandwidth: 2_000_000, size: size,
        segmentation: handler.stream.segmentation, header: Array("header".utf8)))
    var told = ["", "", ""]
    for _ in 0..<4 {
      handler.publish(frames: 15)
      clock.advance(by: .milliseconds(500))
      handler.loop.iterate()
      for (index, client) in [first, second, silent].enumerated() {
        told[index] += client.read().map { "\($0)" }.filter { $0.contains("channels") }.joined()
      }
    }
    for text in told.prefix(2) {
      #expect(text.split(separator: "avc1.64001f").count == 2, "\(text)")
    }
    #expect(told[2] == "")
  }

  @Test("start live: header, the chunks since the key frame as a backlog, then each new chunk")
  func live() throws {
    let handler = try SyntheticHandler.live(parts: 1)
    let lab = SocketLab(handler)
    let client = lab.connect()
    let next = handler.stream.next
    client.send(#"{"t":"subscribe","start":"live"}"#)
    let first = client.read()
    #expect("\(first[0])".contains("subscribed"))
    #expect(
      Array(first.dropFirst()) == [
        .media(kind: 0, flags: 0, channel: 1, number: 0, "header"),
        chunk(next - 3, .max - 2, flags: 9), chunk(next - 2, .max - 1, flags: 8),
        chunk(next - 1, .max, flags: 8),
      ])
    handler.publish(frames: 2)
    #expect(client.read() == [chunk(next, 0), chunk(next + 1, 1)])
    handler.publish(frames: 26)
    let rest = client.read()
    #expect(rest.count == 26)
    #expect(rest[24] == chunk(next + 26, 26, flags: 4))
    #expect(rest[25] == chunk(next + 27, 27, flags: 1))
  }

  @Test("an event is a message of kind 5 for every client, also one that comes later")
  func event() throws {
    let handler = try SyntheticHandler.live(parts: 1)
    let lab = SocketLab(handler)
    let (first, second) = (lab.connect(), lab.connect())
    for client in [first, second] {
      client.send(#"{"t":"hello","v":1}"#)
      _ = client.read()
    }
    let now = SystemClock.wallTime
    let event = try handler.stream.window.addEvent(at: now, Array("[1]".utf8), now: now)
    handler.publish(frames: 1)
    func check(_ received: [Received], _ line: Int) throws {
      #expect(received.count == 1, "line \(line)")
      let first = try #require(received.first)
      guard case .media(5, 0, 0, event.id, let text) = first else {
        Issue.record("\(received)")
        return
      }
      #expect(text.hasPrefix("{\"id\":\(event.id),\"time\":") && text.hasSuffix(",\"data\":[1]}"))
    }
    try check(first.read(), #line)
    try check(second.read(), #line)
    let late = lab.connect()
    late.send(#"{"t":"hello","v":1}"#)
    try check(media(late.read()), #line)
  }

  @Test("start key: nothing before the next key frame")
  func key() throws {
    let handler = try SyntheticHandler.live(parts: 1)
    let lab = SocketLab(handler)
    let client = lab.connect()
    client.send(#"{"t":"subscribe","start":"key","tracks":["v"]}"#)
    #expect(client.read().count == 2)
    handler.publish(frames: 27)
    #expect(client.read().isEmpty)
    handler.publish(frames: 2)
    #expect(
      media(client.read()) == [
        chunk(handler.stream.next - 2, 27, flags: 1),
        chunk(handler.stream.next - 1, 28),
      ])
  }

  @Test("pause ends the media, resume continues with a key frame, unsubscribe ends it")
  func pause() throws {
    let handler = try SyntheticHandler.live()
    let lab = SocketLab(handler)
    let client = lab.connect()
    client.send(#"{"t":"subscribe"}"#)
    _ = client.read()
    client.send(#"{"t":"pause","ch":"live"}"#)
    handler.publish(segments: 1)
    #expect(client.read().isEmpty)
    handler.publish(frames: 3)
    client.send(#"{"t":"resume","ch":"live"}"#)
    handler.publish(frames: 27)
    #expect(client.read().isEmpty)
    handler.publish(frames: 1)
    #expect(client.read().count == 1)
    client.send(#"{"t":"unsubscribe","ch":"live"}"#)
    handler.publish(frames: 40)
    #expect(client.read().isEmpty)
  }

  @Test("a new viewer gets the first key frame, even behind a header that waits")
  func firstKey() throws {
    let handler = try SyntheticHandler.live(parts: 1)
    let lab = SocketLab(handler)
    let client = lab.connect(capacity: 250)
    #expect(client.read().isEmpty)
    client.send(#"{"t":"subscribe","start":"key","tracks":["v"]}"#)
    handler.publish(frames: 28)
    let key = handler.stream.next - 1
    #expect(
      media(client.read()) == [
        .media(kind: 0, flags: 0, channel: 1, number: 0, "header"), chunk(key, 27, flags: 1),
      ])
  }

  @Test("a sync group begins with the latency that its first member needs")
  func firstTarget() throws {
    let lab = SocketLab(try .live())
    for (request, target) in [
      (#"{"t":"subscribe","sync":"a"}"#, "70"),
      (#"{"t":"subscribe","sync":"b","need":120.5}"#, "120.5"),
      (#"{"t":"subscribe","sync":"d","need":20}"#, "70"),
      (#"{"t":"subscribe","sync":"c","tracks":[],"need":300}"#, "300"),
    ] {
      let client = lab.connect()
      client.send(request)
      let told = client.read().map { "\($0)" }.filter { $0.contains("\\\"sync\\\"") }
      #expect(told.count == 1 && told[0].contains("target\\\":\(target)}"), "\(told)")
    }
  }

  @Test("a slow viewer skips to a key frame and learns of it; others get every chunk")
  func slow() throws {
    let clock = ManualClock()
    let handler = try SyntheticHandler(clock: clock)
    handler.goLive()
    let lab = SocketLab(handler)
    let (slow, fast) = (lab.connect(capacity: 700), lab.connect())
    for client in [slow, fast] {
      client.send(#"{"t":"subscribe","start":"key"}"#)
      _ = client.read()
    }
    let first = handler.stream.next
    for _ in 0..<9 {
      handler.publish(frames: 10)
      clock.advance(by: .milliseconds(333))
      handler.loop.iterate()
    }
    #expect(fast.read().count == 90)
    // The bytes in the kernel, and the frames behind them that must not be dropped.
    let before = slow.read()
    #expect(before.count < 40 && before.first == chunk(first, 0, flags: 1, channel: 1))
    handler.publish(frames: 40)
    #expect(fast.read().count == 40)
    let after = slow.read()
    #expect("\(after.first ?? .close(0))".contains("skip"))
    #expect(after.dropFirst().first == chunk(first + 90, 90, flags: 1))
    #expect(after.count == 41)
    #expect(handler.counters.withLock { $0.sockets.streams["live"]?.skips } == 1)
  }

  /// A viewer that took nothing from some frame on, and has now taken what the kernel has.
  private func slowViewer(
    capacity: Int, reading: Int, notReading: Int
  ) throws -> (SyntheticHandler, SocketClient, first: Int64, received: [Received]) {
    let clock = ManualClock()
    let handler = try SyntheticHandler(clock: clock)
    handler.goLive()
    let client = SocketLab(handler).connect(capacity: capacity)
    client.send(#"{"t":"subscribe","start":"key"}"#)
    _ = client.read()
    let first = handler.stream.next
    for index in 0..<reading + notReading {
      handler.publish(frames: 1)
      clock.advance(by: .milliseconds(33))
      handler.loop.iterate()
      if index < reading { _ = client.read() }
    }
    return (handler, client, first, client.read())
  }

  @Test("a viewer that is fast again gets the media since the newest key frame at once")
  func catchesUp() throws {
    let (handler, client, first, before) = try slowViewer(capacity: 700, reading: 0, notReading: 99)
    #expect(before.first == chunk(first, 0, flags: 1) && before.count < 40)
    handler.publish(frames: 3)
    let after = client.read()
    let skip = "\(after.first ?? .close(0))"
    #expect(skip.contains(#"from\":\#(before.count),\"to\":90"#), "\(skip)")
    // The frames that were published meanwhile, and two new ones.
    let past = (90..<100).map { chunk(first + $0, UInt32($0), flags: $0 == 90 ? 9 : 8) }
    #expect(
      Array(after.dropFirst()) == past + [chunk(first + 100, 100), chunk(first + 101, 101)])
  }

  @Test("a viewer that is fast again before the next key frame misses nothing")
  func missesNothing() throws {
    let (handler, client, first, before) = try slowViewer(
      capacity: 100, reading: 32, notReading: 14)
    let skips = { handler.counters.withLock { $0.sockets.streams["live"]?.skips } }
    #expect(skips() == 1 && before.count < 6)
    handler.publish(frames: 1)
    let after = client.read()
    let numbers = 32 + before.count..<47
    #expect(after == numbers.map { chunk(first + Int64($0), UInt32($0), flags: 8) })
    handler.publish(frames: 1)
    #expect(client.read() == [chunk(first + 47, 47)])
  }

  @Test("a request for an unknown rendition, channel or format gets an error and no media")
  func errors() throws {
    let handler = try SyntheticHandler.live()
    let lab = SocketLab(handler)
    let client = lab.connect()
    for text in [
      #"{"t":"subscribe","rendition":"none"}"#, #"{"t":"subscribe","ch":"none"}"#,
      #"{"t":"subscribe","format":"ts"}"#,
    ] {
      client.send(text)
      handler.publish(frames: 40)
      let found = client.read()
      #expect(found.count == 1)
      #expect("\(found)".contains("error"))
    }
  }

  @Test("a subscription before the start of the stream begins with its first media")
  func early() throws {
    let handler = try SyntheticHandler()
    let lab = SocketLab(handler)
    let client = lab.connect()
    client.send(#"{"t":"subscribe"}"#)
    #expect(client.read().isEmpty)
    handler.goLive()
    #expect("\(client.read())".contains("subscribed"))
    handler.publish(frames: 1)
    #expect(client.read().count == 1)
  }

  @Test("the end of the stream is told; the end of the server closes with 1001")
  func ends() throws {
    let handler = try SyntheticHandler.live()
    let lab = SocketLab(handler)
    let client = lab.connect()
    client.send(#"{"t":"hello"}"#)
    client.send(#"{"t":"subscribe"}"#)
    _ = client.read()
    handler.end()
    #expect("\(client.read())".contains("ended"))
    lab.drain()
    #expect(client.read() == [.close(1001)])
  }
}
