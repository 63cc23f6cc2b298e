// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@Suite("The opening handshake, RFC 6455 §4.2")
struct WebSocketHandshakeTests {
  private struct Unexpected: Error {}

  private static let good = [
    HeaderField("Upgrade", "websocket"), HeaderField("Connection", "keep-alive, Upgrade"),
    HeaderField("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    HeaderField("Sec-WebSocket-Version", "13"),
    HeaderField("Sec-WebSocket-Protocol", "other, llws.v1"),
  ]

  private func check(
    _ method: String = "GET", without name: String = "", more: [HeaderField] = []
  ) throws -> WebSocketHandshake.Outcome {
    let fields = Self.good.filter { !$0.isNamed(name) } + more
    return WebSocketHandshake.check(
      try Request(method, "/ws", fields), protocols: ["llws.v2", "llws.v1"])
  }

  @Test("the key of the example in §1.3")
  func key() {
    #expect(
      WebSocketHandshake.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test("the response names the protocol and no extension")
  func accepted() throws {
    let outcome = try check(
      more: [HeaderField("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits")])
    guard case .accepted(let fields) = outcome else { throw Unexpected() }
    #expect(
      fields == [
        HeaderField("Upgrade", "websocket"), HeaderField("Connection", "Upgrade"),
        HeaderField("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        HeaderField("Sec-WebSocket-Protocol", "llws.v1"),
      ])
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var method = "GET"
    let name: String
    var value: String?
    let status: Int
    var testDescription: String { "\(method) \(name): \(value ?? "absent")" }
  }

  static let rows = [
    // RFC 9110 §9.3.2: as GET without an upgrade.
    Row(method: "HEAD", name: "X", status: 426),
    Row(method: "HEAD", name: "Upgrade", status: 426),
    Row(method: "POST", name: "X", status: 400),
    Row(name: "Upgrade", status: 426),
    Row(name: "Upgrade", value: "h2c", status: 426),
    Row(name: "Connection", status: 426),
    Row(name: "Connection", value: "keep-alive", status: 426),
    Row(name: "Sec-WebSocket-Version", status: 426),
    Row(name: "Sec-WebSocket-Version", value: "8", status: 426),
    Row(name: "Sec-WebSocket-Key", status: 400),
    Row(name: "Sec-WebSocket-Key", value: "", status: 400),
    Row(name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25jZQ", status: 400),
    Row(name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25jZ===", status: 400),
    Row(name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25j*Q==", status: 400),
    Row(name: "Sec-WebSocket-Protocol", status: 400),
    Row(name: "Sec-WebSocket-Protocol", value: "llws.v3", status: 400),
  ]

  @Test("requests that are refused", arguments: rows)
  func refused(row: Row) throws {
    let more = row.value.map { [HeaderField(row.name, $0)] } ?? []
    guard
      case .refused(let status, _, let fields) = try check(
        row.method, without: row.name, more: more)
    else { throw Unexpected() }
    #expect(status == row.status)
    if row.name == "Sec-WebSocket-Version" {
      #expect(fields.last == HeaderField("Sec-WebSocket-Version", "13"))
    }
    // RFC 9110 §15.5.22: "The server MUST send an Upgrade header field in a 426 response"; §7.8:
    // with the connection option.
    let hasUpgrade =
      fields.contains(HeaderField("Upgrade", "websocket"))
      && fields.contains(HeaderField("Connection", "Upgrade"))
    #expect(hasUpgrade == (status == 426))
  }

  @Test("RFC 9113 §8.2.2: HTTP/2 has no Upgrade, so no 426 either")
  func overHTTP2() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    let version = [("sec-websocket-version", "13"), ("sec-websocket-protocol", "echo")]
    client.send(
      .get("/socket", stream: 1), .get("/socket", stream: 3, version),
      .get("/socket", stream: 5, method: "HEAD"))
    for stream in [UInt32(1), 3, 5] {
      let answer = try client.answer(stream: stream)
      #expect(answer.status == 400 && answer.fields["upgrade"] == nil)
    }
  }
}
