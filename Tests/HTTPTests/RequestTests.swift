// SPDX-License-Identifier: Apache-2.0

import Net
import Testing

@testable import HTTP

@Suite("What a request says")
struct RequestTests {
  @Test("path and query are split, and decoded when asked for")
  func target() throws {
    let request = try Request("GET", "/a%20b/c%2Fd/?x=1&y=a+b%21&z&bad=%zz")
    #expect(request.method == .get)
    #expect(request.rawPath == "/a%20b/c%2Fd/")
    #expect(request.path == "/a b/c/d/")
    #expect(request.pathSegments == ["a b", "c/d", ""])
    #expect(request.query == "x=1&y=a+b%21&z&bad=%zz")
    #expect(
      request.queryItems.map { [$0.name, $0.value] } == [
        ["x", "1"], ["y", "a b!"], ["z", ""], ["bad", "%zz"],
      ])
    let escaped = try Request("GET", "/?%5Fx=1&y+=2").queryItems
    #expect(escaped.map(\.name) == ["_x", "y "] && escaped.map(\.writtenName) == ["%5Fx", "y+"])
    #expect(try Request("GET", "/").query == nil)
    #expect(try Request("GET", "/?").query == "")
  }

  @Test("dot segments are text")
  func dots() throws {
    #expect(try Request("GET", "/../%2e%2e/a").pathSegments == ["..", "..", "a"])
  }

  @Test("the first two segments can be taken out of the path")
  func prefix() throws {
    var request = try Request("GET", "/t/a%2Eb/live/x?y=/t/1/", [HeaderField("Accept", "a")])
    #expect(request.takePathPrefix() == "a.b")
    #expect(request.rawPath == "/live/x" && request.query == "y=/t/1/" && request.hasPathPrefix)
    #expect(request.has(try Request("GET", "/live/x?y=/t/1/").target))
    #expect(request.shrunk.rawPath == "/live/x" && request.shrunk.hasPathPrefix)
    #expect(request.header("accept") == "a")
    for path in ["/", "/t", "/t/", "/t/a"] {
      var short = try Request("GET", path)
      #expect(short.takePathPrefix() == nil)
      #expect(short.rawPath == path && !short.hasPathPrefix)
    }
    var root = try Request("GET", "/t/a/")
    #expect(root.takePathPrefix() == "a" && root.rawPath == "/" && root.pathSegments == [""])
  }

  @Test("a held request keeps at most 1 KB of those fields on which its response may depend")
  func shrunk() throws {
    let request = try Request(
      "GET", "/a?b",
      [
        HeaderField("If-None-Match", "\"\(String(repeating: "a", count: 3900))\""),
        HeaderField("Accept", String(repeating: "b", count: 600)),
        HeaderField("Host", String(repeating: "c", count: 600)), HeaderField("Range", "bytes=1-"),
        HeaderField("Cookie", "d"), HeaderField("If-Match", "\"e\""),
      ]
    ).shrunk
    #expect(request.header("if-none-match") == nil && request.header("host") == nil)
    #expect(request.header("accept")?.count == 600 && request.header("range") == "bytes=1-")
    #expect(request.header("cookie") == nil && request.rawPath == "/a" && request.query == "b")
    #expect(request.header("if-match") == "\"e\"")
    var old = try Request("GET", "/a")
    old.version = .http10
    #expect(old.shrunk.version == .http10)
  }

  @Test("the absolute form gives its path, RFC 9112 §3.2.2")
  func absolute() throws {
    let request = try Request("GET", "HTTP://b:80/p/q?r=s")
    #expect(request.path == "/p/q")
    #expect(request.query == "r=s")
  }

  @Test("fields are found without regard to case, and joined, RFC 9110 §5.3")
  func fields() throws {
    let request = try Request(
      "GET", "/", [HeaderField("X-a", " 1 "), HeaderField("x-A", "2"), HeaderField("Y", "")])
    #expect(request.header("X-A") == "1, 2")
    #expect(request.header("y") == "")
    #expect(request.header("z") == nil)
  }

  @Test(
    "the connection goes on as RFC 9112 §9.3 says",
    arguments: [
      ("1.1", "", true), ("1.1", "Connection: close\r\n", false),
      ("1.1", "Connection: foo, Close\r\n", false), ("1.0", "", false),
      ("1.0", "Connection: Keep-Alive\r\n", true),
      ("1.0", "Connection: keep-alive, close\r\n", false),
    ] as [(String, String, Bool)])
  func persistence(_ row: (version: String, fields: String, keepAlive: Bool)) throws {
    var parser = RequestHeadParser()
    let bytes = Array("GET / HTTP/\(row.version)\r\nHost: a\r\n\(row.fields)\r\n".utf8)
    var position = 0
    let request = try #require(try parser.next(bytes.span, &position))
    #expect(request.keepAlive == row.keepAlive)
  }

  @Test("the body is framed as RFC 9112 §6.3 says")
  func framing() throws {
    #expect(try Request("GET", "/").framing == .none)
    #expect(try Request("PUT", "/", [HeaderField("Content-Length", "0")]).framing == .none)
    #expect(
      try Request("PUT", "/", [HeaderField("Content-Length", "12")]).framing == .contentLength(12))
    #expect(
      try Request("PUT", "/", [HeaderField("Transfer-Encoding", "chunked")]).framing == .chunked)
  }

  @Test(
    "a coding is accepted as RFC 9110 §12.5.3 says",
    arguments: [
      (nil, false), ("gzip", true), ("br, GZIP;q=0.5", true), ("gzip;q=0", false),
      ("gzip; q=0.000", false), ("*", true), ("*;q=0", false), ("br, *;q=0, gzip", true),
      ("identity", false), ("", false), ("br , gzip ;Q=0.0", false), ("gzip;q=0.001", true),
      ("gzip;x=0;q=0", false), (",,gzip,", true), ("x-gzip, gzipped", false), ("br,*", true),
      ("*, gzip;q=0", false), ("gzip;q=0, *", false),
    ] as [(String?, Bool)])
  func coding(_ row: (value: String?, accepted: Bool)) throws {
    let fields = row.value.map { [HeaderField("Accept-Encoding", $0)] } ?? []
    #expect(try Request("GET", "/", fields).accepts(coding: "gzip") == row.accepted)
    // RFC 9110 §5.3: several lines are one list.
    let lines = [HeaderField("Accept-Encoding", "br"), HeaderField("X", "gzip")] + fields
    #expect(try Request("GET", "/", lines).accepts(coding: "gzip") == row.accepted)
  }
}
