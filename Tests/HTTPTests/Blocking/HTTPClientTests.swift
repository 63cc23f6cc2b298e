// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import TestSupport
import Testing
import Time

@Suite("The HTTP client, RFC 9112", .blocking)
struct HTTPClientTests {
  private let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

  private func client(limit: Interval = .seconds(5)) -> HTTPClient {
    HTTPClient(.system, agent: "test", limit: limit, ClientCancellation())
  }

  /// The body of a response.
  private func text(
    _ client: HTTPClient, _ server: ScriptedServer, _ path: String = "/"
  ) throws -> String {
    try client.get("http://127.0.0.1:\(server.port)\(path)")
    var body: [UInt8] = []
    while let piece = try client.next() { body += piece }
    return String(decoding: body, as: UTF8.self)
  }

  @Test("requests follow one another on one connection, whatever the framing of their bodies")
  func persistent() throws {
    let server = try ScriptedServer([
      [
        hello,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n", hello,
      ]
    ])
    let client = client()
    #expect(try text(client, server, "/a?b") == "hello")
    #expect(try text(client, server) == "abc")
    #expect(try text(client, server).isEmpty)
    #expect(try text(client, server) == "hello")
    #expect(client.connectionCount == 1 && server.connections == 1)
    let first = try #require(server.requests.first)
    #expect(first.hasPrefix("GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"))
    #expect(first.contains("\r\nUser-Agent: test\r\n"))
  }

  @Test("responses 103 before a response are skipped and counted, also before a redirection")
  func earlyHints() throws {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style\r\n\r\n"
    let server = try ScriptedServer([
      [
        hints + hints + hello, "HTTP/1.1 100 Continue\r\n\r\n" + hello,
        hints + "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", hints + hello,
      ]
    ])
    let client = client()
    for count in [2, 2, 4] {
      #expect(try text(client, server) == "hello")
      #expect(client.earlyHintCount == count && client.head?.status == 200)
    }
    #expect(client.connectionCount == 1)
  }

  @Test("a server that sends interim responses without end is left")
  func interim() throws {
    let many = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 4000)
    let server = try ScriptedServer([[many], [many]])
    #expect(throws: HTTPClient.Failure.response(.interim)) { try text(client(), server) }
    let address = try #require(WebAddress("http://127.0.0.1:\(server.port)/"))
    #expect(throws: HTTPClient.Failure.response(.interim)) {
      try HTTPClient.post([], type: "text/plain", to: address, deadline: .hangLimit)
    }
  }

  @Test(
    "a POST has one connection and its deadline; only the status of the response matters",
    arguments: [
      ("HTTP/1.1 204 No Content\r\n\r\n", 204), ("HTTP/1.0 403\r\n\r\n", 403),
      ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nx", 500),
      ("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", 302),
      ("HTTP/1.1 2000\r\n\r\n", nil), ("HTTP/2 200\r\n\r\n", nil), ("200 OK\r\n\r\n", nil),
    ] as [(String, Int?)])
  func post(_ response: String, _ status: Int?) throws {
    let server = try ScriptedServer([[response]])
    let address = try #require(WebAddress("http://127.0.0.1:\(server.port)/a?b"))
    let found = try? HTTPClient.post(
      Array("{}".utf8), type: "application/json", to: address,
      deadline: .hangLimit)
    #expect(found == status)
    let head = [
      "POST /a?b HTTP/1.1", "Host: \(address.authority)", "Content-Type: application/json",
      "Content-Length: 2", "Connection: close", "User-Agent: streamer", "", "",
    ]
    #expect(server.requests.first?.hasPrefix(head.joined(separator: "\r\n")) == true)
  }

  @Test("a connection that the server has closed is replaced, RFC 9112 §9.3.1")
  func replaced() throws {
    let server = try ScriptedServer([[hello], [hello], [hello]])
    let client = client()
    for count in 1...3 {
      #expect(try text(client, server) == "hello")
      #expect(client.connectionCount == count)
    }
  }

  @Test("a response that ends its connection, or has none, is whole; the connection is not kept")
  func notKept() throws {
    let server = try ScriptedServer([
      ["HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\na", hello],
      ["HTTP/1.1 200 OK\r\n\r\nuntil the end"], ["HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nb"],
      [hello],
    ])
    let client = client()
    #expect(try text(client, server) == "a")
    #expect(try text(client, server) == "until the end")
    #expect(try text(client, server) == "b")
    #expect(try text(client, server) == "hello")
    #expect(client.connectionCount == 4)
  }

  @Test("a body that is not read is dropped with its connection")
  func unread() throws {
    let server = try ScriptedServer([
      ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"], [hello],
    ])
    let client = client()
    try client.get("http://127.0.0.1:\(server.port)/")
    #expect(try text(client, server) == "hello")
    #expect(client.connectionCount == 2)
  }

  @Test("a status is an error, after which the connection is kept if its body is short")
  func status() throws {
    let server = try ScriptedServer([
      ["HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", hello]
    ])
    let client = client()
    #expect(throws: HTTPClient.Failure.status(503)) { try text(client, server) }
    #expect(try text(client, server) == "hello")
    #expect(client.connectionCount == 1)
  }

  @Test("redirections are followed, and not without an end")
  func redirections() throws {
    let there = "HTTP/1.1 302 Found\r\nLocation: b/c\r\nContent-Length: 0\r\n\r\n"
    let server = try ScriptedServer([[there, hello, there, there, there, there, there, there]])
    let client = client()
    #expect(try text(client, server, "/a/x?y") == "hello")
    #expect(server.requests.last?.hasPrefix("GET /a/b/c HTTP/1.1\r\n") == true)
    #expect(throws: HTTPClient.Failure.redirection) { try text(client, server) }
  }

  @Test("a cut or malformed response, and silence, are errors")
  func faults() throws {
    let server = try ScriptedServer([
      ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"], ["220 smtp\r\n\r\n"],
      ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", hello],
    ])
    let client = client(limit: .milliseconds(300))
    #expect(throws: HTTPClient.Failure.response(.cut)) { try text(client, server) }
    #expect(throws: HTTPClient.Failure.response(.head(.statusLine))) { try text(client, server) }
    #expect(throws: HTTPClient.Failure.connection(.noResponse)) { try text(client, server) }
    #expect(throws: HTTPClient.Failure.address) { try client.get("ftp://h/") }
  }

  @Test("a cancellation ends a call that waits, and all later ones")
  func cancelled() throws {
    let server = try ScriptedServer([["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", hello]])
    let cancellation = ClientCancellation()
    // Without the cancellation the error would be `.noResponse`.
    let client = HTTPClient(.system, agent: "test", limit: .seconds(30), cancellation)
    try client.get("http://127.0.0.1:\(server.port)/")
    #expect(try client.next()?.count == 5)
    let thread = OSThread(name: "cancel") {
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(50))
      cancellation.cancel()
    }
    #expect(throws: HTTPClient.Failure.connection(.cancelled)) { try client.next() }
    thread?.join()
    #expect(throws: HTTPClient.Failure.connection(.cancelled)) {
      try client.get("http://127.0.0.1:\(server.port)/")
    }
  }

  @Test(
    "an address of this machine or of the link is refused where it is not permitted",
    arguments: [
      "127.0.0.1", "127.8.9.1", "0.0.0.0", "localhost", "::1", "::", "::ffff:127.0.0.1",
      "169.254.169.254", "fe80::1",
    ])
  func local(_ host: String) throws {
    let text = host.contains(":") ? "[\(host)]" : host
    let address = try #require(WebAddress("http://\(text):9/"))
    #expect(throws: ClientError.local) {
      try ClientConnection(
        to: address.origin, nil, permitsLocal: false,
        deadline: .hangLimit)
    }
  }

  @Test("a connection knows that its server is on this machine")
  func peer() throws {
    let server = try ScriptedServer([[hello]])
    let address = try #require(WebAddress("http://127.0.0.1:\(server.port)/"))
    let connection = try ClientConnection(
      to: address.origin, nil, deadline: .hangLimit)
    #expect(connection.isLocal)
  }

  @Test("user info of the URL is sent to its server only")
  func userInfo() throws {
    let other = try ScriptedServer([[hello]])
    let there = "http://127.0.0.1:\(other.port)/"
    let server = try ScriptedServer([
      ["HTTP/1.1 307 There\r\nLocation: \(there)\r\nContent-Length: 0\r\n\r\n"]
    ])
    let client = client()
    try client.get("http://user:p%40ss@127.0.0.1:\(server.port)/")
    #expect(server.requests.first?.contains("\r\nAuthorization: Basic dXNlcjpwQHNz\r\n") == true)
    #expect(other.requests.first?.contains("Authorization") == false)
  }
}

@Suite("Addresses of requests", .blocking)
struct WebAddressTests {
  @Test(
    "a redirection leads to an address, RFC 3986 §5.2",
    arguments: [
      ("http://h:81/x", "http", "h", "/x"), ("//other/y", "https", "other", "/y"),
      ("/z?q#f", "https", "host", "/z?q"), ("c", "https", "host", "/a/c"),
      ("?q=1", "https", "host", "/a/b?q=1"),
      ("/in?next=http://x/", "https", "host", "/in?next=http://x/"),
      ("in?next=//x/", "https", "host", "/a/in?next=//x/"), ("#f", "https", "host", "/a/b?c"),
    ])
  func following(_ location: String, _ scheme: String, _ host: String, _ target: String) throws {
    let base = try #require(WebAddress("https://host/a/b?c"))
    let next = try #require(base.following(location))
    #expect(next.origin.isSecure == (scheme == "https"))
    #expect(next.origin.host == host && next.target == target)
  }

  @Test("a redirection to another protocol leads nowhere")
  func other() throws {
    #expect(try #require(WebAddress("http://h/")).following("ftp://h/") == nil)
  }
}

@Suite("Heads of responses, RFC 9112 §4", .blocking)
struct ResponseHeadTests {
  @Test(
    "malformed heads are refused",
    arguments: [
      ("HTTP/2 200 OK", .statusLine), ("HTTP/1.1 20 OK", .statusLine),
      ("HTTP/1.1 200OK", .statusLine), ("HTTP/1.1 999 X", .statusLine), ("", .statusLine),
      ("HTTP/1.1 200 OK\r\nA b: c", .fieldLine), ("HTTP/1.1 200 OK\r\n: c", .fieldLine),
      ("HTTP/1.1 200 OK\r\nA: b\r\n c", .fieldLine), ("HTTP/1.1 200 OK\r\nA: b\nc", .fieldLine),
      ("HTTP/1.1 200 OK\r\nContent-Length: 1, 2", .framing),
      ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999", .framing),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", .framing),
      ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", .framing),
    ] as [(String, ResponseHead.Fault)])
  func malformed(_ text: String, _ fault: ResponseHead.Fault) {
    #expect(throws: fault) { try ResponseHead(Array(text.utf8)[...]) }
  }

  @Test("the end of the body follows from status and fields, RFC 9112 §6.3")
  func framing() throws {
    func head(_ text: String) throws -> ResponseHead { try ResponseHead(Array(text.utf8)[...]) }
    #expect(try head("HTTP/1.1 200 OK\r\nContent-Length: 7, 7").framing == .length(7))
    #expect(try head("HTTP/1.1 304 X\r\nContent-Length: 7").framing == .length(0))
    #expect(try head("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked").framing == .chunked)
    let open = try head("HTTP/1.1 200")
    #expect(open.framing == .connection && !open.isPersistent)
    let field = try head("HTTP/1.1 200 OK\r\nLocation: \t/x y \t\r\nContent-Length: 0")
    #expect(field.value("LOCATION") == "/x y" && field.isPersistent)
  }
}
