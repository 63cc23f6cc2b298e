// SPDX-License-Identifier: Apache-2.0

import HTTP
package import HTTPTestSupport
import Net
import Server
package import Time

/// A client of `llws.v1` in memory, beside a synthetic stream.
package final class SocketLab {
  package let handler: SyntheticHandler
  package let clock: MonotonicTime
  private let server: HTTPServer
  private var streams: [MemoryStream] = []

  package init(_ handler: SyntheticHandler) {
    self.handler = handler
    clock = handler.loop.now
    server = HTTPServer(loop: handler.loop, handler: handler.requests)
    handler.loop.embed { _ in handler.requests }
  }

  /// Ends the connections, which refer to the server as it refers to them.
  deinit {
    for stream in streams { stream.fail() }
    handler.loop.iterate()
    handler.loop.end()
  }

  package func connect(capacity: Int = .max, to stream: String = "live", below prefix: String = "")
    -> SocketClient
  {
    let connection = MemoryStream(handler.loop, capacity: capacity)
    streams.append(connection)
    server.serve(connection)
    let client = SocketClient(self, connection)
    client.sendBytes(
      Array(
        ("GET \(prefix)/\(stream)/ws HTTP/1.1\r\nHost: a\r\n"
          + "Upgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          + "Sec-WebSocket-Protocol: llws.v1\r\n\r\n").utf8))
    return client
  }

  package func settle(_ stream: MemoryStream) {
    repeat { handler.loop.iterate() } while stream.step()
  }

  package func drain() { server.drain() }
}

/// A message of the format `raw`.
package struct CodedFrame: Equatable {
  package let flags: UInt8
  package let channel: Int
  package let number: UInt32
  /// The capture time, and the presentation time minus it, in µs.
  package let captured, delta: Int64
  package let bytes: [UInt8]
}

/// A message as the client reads it: text, or the kind, flags, channel, number and media.
package enum Received: Equatable {
  case text(String)
  case media(kind: UInt8, flags: UInt8, channel: Int, number: UInt32, String)
  case sample(CodedFrame)
  case close(Int)

  package var isText: Bool { if case .text = self { true } else { false } }
}

package final class SocketClient {
  private let lab: SocketLab
  package let stream: MemoryStream
  private var bytes: [UInt8] = []
  private var hasHead = false

  package init(_ lab: SocketLab, _ stream: MemoryStream) { (self.lab, self.stream) = (lab, stream) }

  package func sendBytes(_ bytes: [UInt8]) {
    stream.send(bytes)
    lab.settle(stream)
  }

  package func send(_ text: String) {
    let payload = Array(text.utf8)
    let head: [UInt8] =
      payload.count < 126
      ? [0x81, 0x80 | UInt8(payload.count)]
      : [0x81, 0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    sendBytes(head + [0, 0, 0, 0] + payload)
  }

  /// All messages that have arrived since the last call.
  package func read() -> [Received] {
    var found: [Received] = []
    while true {
      lab.settle(stream)
      let more = stream.read()
      if more.isEmpty { break }
      bytes += more
    }
    if !hasHead, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
      bytes.removeFirst(end.upperBound)
      hasHead = true
    }
    while let next = frame() { found.append(next) }
    return found
  }

  private func frame() -> Received? {
    guard bytes.count >= 2 else { return nil }
    var (size, start) = (Int(bytes[1]), 2)
    if size == 126 {
      guard bytes.count >= 4 else { return nil }
      (size, start) = (Int(bytes[2]) << 8 | Int(bytes[3]), 4)
    }
    guard bytes.count >= start + size else { return nil }
    let payload = Array(bytes[start..<start + size])
    let opcode = bytes[0] & 15
    bytes.removeFirst(start + size)
    switch opcode {
    case 1: return .text(String(decoding: payload, as: UTF8.self))
    case 8: return .close(Int(payload[0]) << 8 | Int(payload[1]))
    default:
      let channel = Int(payload[2]) << 8 | Int(payload[3])
      let number = payload[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
      if payload[0] == 4 {
        let captured = payload[12..<20].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let delta = payload[20..<24].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return .sample(
          CodedFrame(
            flags: payload[1], channel: channel, number: number, captured: captured,
            delta: Int64(Int32(bitPattern: delta)), bytes: Array(payload.dropFirst(24))))
      }
      return .media(
        kind: payload[0], flags: payload[1], channel: channel, number: number,
        String(decoding: payload.dropFirst(12), as: UTF8.self))
    }
  }
}
