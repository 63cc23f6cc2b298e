// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

/// The request of a head; nil if it is refused as malformed.
private func request(_ head: String) throws(RequestParseError) -> Request? {
  var parser = RequestHeadParser()
  var position = 0
  return try parser.next(Array(head.utf8).span, &position)
}

@Suite("The host of a request, RFC 9110 §7.2, RFC 9112 §3.2, RFC 3986 §3.2")
struct HostTests {
  static let valid = [
    "a", "a.example", "a.example:8080", "A_b-c~d.", "a:", "a:0", "a:65535", "a:00080", "127.0.0.1",
    "256.1.1.1", "a%41%7e", "a!$&'()*+,;=", "[::]", "[::1]", "[::1]:80", "[1::]",
    "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7::]", "[::2:3:4:5:6:7:8]", "[2001:DB8::ffff:0:1]",
    "[::ffff:192.0.2.1]", "[1:2:3:4:5:6:192.0.2.1]", "[64:ff9b::192.0.2.255]:443", "[v1.a:b]",
    "[VF.~]",
  ]

  static let malformed = [
    "a:b", "a:65536", "a:99999999999999999999", "a:-1", "a:+1", "a:8 0", "a:80:80", ":80", ":",
    "a^b", "a`b", "a{b", "a}b", "a<b", "a>b", "a|b", "a\\b", "a\"b", "a@b", "a/b", "a?b", "a#b",
    "a[b", "a]b", "a\u{7F}b", "aäb", "a b", "a,b c", "a%", "a%z", "a%4", "a%zz", "a%4g", "%",
    "[", "[]", "[::1", "::1", "[::1]a", "[::1]80", "[::1]:a", "[[::1]]", "x[::1]", "[a]",
    "[1]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[1::2::3]", "[:::]",
    "[:1]", "[1:]", "[::1:]", "[12345::]", "[::g]", "[::1%25eth0]", "[fe80::1%eth0]",
    "[127.0.0.1]", "[::256.0.0.1]", "[::1.2.3]", "[::1.2.3.4.5]", "[::01.2.3.4]", "[::1.2.3.4:5]",
    "[1:2:3:4:5:6:7:1.2.3.4]", "[v.a]", "[v1.]", "[v1]", "[vg.a]", "[v1.a[b]",
  ]

  @Test("a host of the grammar is taken, as Host and in absolute-form", arguments: valid)
  func taken(_ host: String) throws {
    let field = try #require(try request("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n"))
    #expect(field.header("host") == host)
    let target = try #require(try request("GET http://\(host)/p HTTP/1.1\r\nHost: x\r\n\r\n"))
    #expect(target.header("host") == host && target.path == "/p")
  }

  @Test("any other host is 400, RFC 9112 §3.2, also in absolute-form", arguments: malformed)
  func refused(_ host: String) throws {
    for version in ["1.0", "1.1"] {
      do throws(RequestParseError) {
        let taken = try request("GET / HTTP/\(version)\r\nHost: \(host)\r\n\r\n")
        Issue.record("\(taken?.header("host") ?? "nothing") was taken")
      } catch {
        #expect(error.status == 400)
      }
    }
    // A path, a query or a fragment begins at these.
    guard !host.contains(where: "/?#".contains) else { return }
    do throws(RequestParseError) {
      _ = try request("GET http://\(host)/ HTTP/1.1\r\nHost: x\r\n\r\n")
      Issue.record("the target was taken")
    } catch {
      #expect(error.status == 400)
    }
  }

  @Test("RFC 9113 §8.3.1: the authority of HTTP/2 has the same grammar")
  func authority() throws {
    let server = try TestServer()
    let client = try FrameClient(server)
    var stream: UInt32 = 1
    for (hosts, status) in [(Self.valid, 200), (["a:b", "[::1", "a%zz", ":80"], 400)] {
      for host in hosts {
        client.send(
          Frame(
            .headers, flags: 5, stream: stream,
            Frame.section([
              (":method", "GET"), (":path", "/hello"), (":scheme", "http"), (":authority", host),
            ])))
        #expect(try client.answer(stream: stream).status == status, "\(host)")
        stream += 2
      }
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let line: String
    var method = "GET"
    let host: String
    let path: String
    var query: String?
    var testDescription: String { line }
  }

  /// RFC 9112 §3.2.2: an origin server uses the host of the target, and ignores `Host`.
  static let targets = [
    Row(line: "GET http://right/p?q HTTP/1.1", host: "right", path: "/p", query: "q"),
    Row(line: "GET HTTPS://right:8443/ HTTP/1.1", host: "right:8443", path: "/"),
    Row(line: "GET http://[::1]:80//a HTTP/1.1", host: "[::1]:80", path: "//a"),
    // RFC 9112 §3.2.1: an empty path is "/".
    Row(line: "GET http://right HTTP/1.1", host: "right", path: "/"),
    Row(line: "HEAD http://right:80 HTTP/1.1", method: "HEAD", host: "right:80", path: "/"),
    Row(line: "GET http://right?a=/b HTTP/1.1", host: "right", path: "/", query: "a=/b"),
    // RFC 9112 §3.2.4: OPTIONS without a path and a query is about the server as a whole.
    Row(line: "OPTIONS http://right HTTP/1.1", method: "OPTIONS", host: "right", path: "*"),
    Row(line: "OPTIONS https://right:1 HTTP/1.1", method: "OPTIONS", host: "right:1", path: "*"),
    Row(line: "OPTIONS http://right/ HTTP/1.1", method: "OPTIONS", host: "right", path: "/"),
    Row(
      line: "OPTIONS http://right? HTTP/1.1", method: "OPTIONS", host: "right", path: "/",
      query: ""),
    Row(line: "GET http://right HTTP/1.0", host: "right", path: "/"),
    Row(line: "GET /p HTTP/1.1", host: "wrong", path: "/p"),
  ]

  @Test("the target of a request in absolute-form decides", arguments: targets)
  func absoluteForm(_ row: Row) throws {
    for fields in ["Host: wrong\r\nX: y\r\n", "X: y\r\nHOST:wrong\r\n"] {
      let found = try #require(try request("\(row.line)\r\n\(fields)\r\n"))
      #expect(found.header("host") == row.host && found.methodText == row.method)
      #expect(found.path == row.path && found.query == row.query && found.header("x") == "y")
      #expect(found.headers.map(\.value).sorted() == [row.host, "y"].sorted())
      // A held request too.
      #expect(found.shrunk.header("host") == row.host && found.shrunk.path == row.path)
    }
  }

  @Test("RFC 9112 §3.2.2: the target of HTTP/1.0 without Host has a host too")
  func withoutHost() throws {
    for fields in ["", "X: y\r\n", "X: y\r\nAccept: a\r\n"] {
      let found = try #require(try request("GET http://right:1/p HTTP/1.0\r\n\(fields)\r\n"))
      #expect(found.header("Host") == "right:1" && found.path == "/p")
      #expect(found.header("x") == (fields.isEmpty ? nil : "y"))
      #expect(found.shrunk.header("host") == "right:1")
    }
    // RFC 9112 §3.2: HTTP/1.1 without a valid Host is 400 in any case.
    for fields in ["", "Host: a\r\nHost: a\r\n", "Host: a{b\r\n"] {
      #expect(throws: RequestParseError.badHost) {
        try request("GET http://right/p HTTP/1.1\r\n\(fields)\r\n")
      }
    }
  }
}
