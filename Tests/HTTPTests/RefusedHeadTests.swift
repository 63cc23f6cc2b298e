// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Testing
import Time

@Suite("A request that is refused for its head leaves nothing in a cache, RFC 9111 §5.2.2.5")
struct RefusedHeadTests {
  private static let host = "Host: a\r\n"

  /// A head, and the status of its response.
  static let heads: [(String, Int)] = [
    ("GET /hello HTTP/1.1\r\nHost: a{b\r\n\r\n", 400),
    ("GET /hello HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
    ("GET /hello HTTP/1.1\r\nHost: \u{E4}\r\n\r\n", 400),
    ("GET /hello HTTP/1.1\r\n\r\n", 400),
    ("GET /hello HTTP/1.1\r\n\(host)\(host)\r\n", 400),
    ("GET /% HTTP/1.1\r\n\(host)\r\n", 400),
    ("GET /hello HTTP/1.1\n\(host)\r\n", 400),
    ("GET /hello HTTP/1.1\r\n\(host)X : a\r\n\r\n", 400),
    ("PUT /hello HTTP/1.1\r\n\(host)Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    ("GET /\(String(repeating: "a", count: 4096)) HTTP/1.1\r\n\(host)\r\n", 414),
    ("GET /hello HTTP/1.1\r\n\(host)Expect: x\r\n\r\n", 417),
    ("GET /hello HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 16_400))\r\n\r\n", 431),
    ("GET /hello HTTP/1.1\r\n\(host)\(String(repeating: "A: b\r\n", count: 100))\r\n", 431),
    ("PUT /hello HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("GET /hello HTTP/2.0\r\n\(host)\r\n", 505),
    ("GET /hello HTTP/0.9\r\n\(host)\r\n", 505),
    ("GET http://b^c/hello HTTP/1.1\r\n\(host)\r\n", 400),
    ("PUT /echo HTTP/1.1\r\n\(host)Content-Length: 999999999\r\n\r\n", 413),
    ("PUT /echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    // Held, with more fields than a held request may have.
    ("GET /hold?\(String(repeating: "a", count: 3000)) HTTP/1.1\r\n\(host)\r\n", 431),
  ]

  @Test("over HTTP/1.1", arguments: heads)
  func old(_ head: String, _ status: Int) throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send(head)
    let response = try client.response()
    #expect(response.status == status)
    #expect(response.has("\r\nCache-Control: no-store\r\n"))
  }

  @Test("over HTTP/2")
  func new() throws {
    let long = String(repeating: "a", count: 4096)
    let rows: [([(String, String)], Int)] = [
      // The library ends streams whose authority has characters of no host.
      ([(":authority", "a:b"), (":path", "/hello")], 400),
      ([(":authority", "a"), (":path", "/%")], 400),
      ([(":authority", "a"), (":path", "/\(long)")], 414),
      ([(":authority", "a"), (":path", "/hold?\(long.prefix(3000))")], 431),
      ([(":authority", "a"), (":path", "/hello"), ("expect", "x")], 417),
    ]
    for (fields, status) in rows {
      let server = try TestServer()
      let client = try FrameClient(server)
      client.send(
        Frame(
          .headers, flags: 5, stream: 1,
          Frame.section([(":method", "GET"), (":scheme", "http")] + fields)))
      let answer = try client.answer()
      #expect(answer.status == status)
      #expect(answer.fields["cache-control"] == "no-store")
    }
  }

  @Test("a head that is not complete in time, RFC 9110 §15.5.9")
  func late() throws {
    let server = try TestServer()
    let client = try TestClient(server)
    client.send("GET /hello HTTP/1.1\r\n")
    server.pass(.seconds(60))
    let response = try client.response()
    #expect(response.status == 408 && response.has("\r\nCache-Control: no-store\r\n"))
  }
}
