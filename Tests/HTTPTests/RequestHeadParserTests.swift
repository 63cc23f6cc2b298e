// SPDX-License-Identifier: Apache-2.0

import HTTP
import TestSupport
import Testing

private let host = "Host: a\r\n"

/// A head, and the result that the parser must have.
struct HeadRow: Sendable, CustomStringConvertible {
  let description: String
  let head: String
  let error: RequestParseError?

  init(_ description: String, _ head: String, _ error: RequestParseError?) {
    self.description = description
    self.head = head
    self.error = error
  }
}

private let rows: [HeadRow] = [
  HeadRow("a plain GET", "GET / HTTP/1.1\r\n\(host)\r\n", nil),
  HeadRow("RFC 9112 §2.2: one empty line before", "\r\nGET / HTTP/1.1\r\n\(host)\r\n", nil),
  HeadRow("two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n", .malformedRequestLine),
  HeadRow("RFC 9112 §2.2: bare LF after the line", "GET / HTTP/1.1\n\(host)\r\n", .bareLineEnding),
  HeadRow("bare LF in a value", "GET / HTTP/1.1\r\nHost: a\nb: c\r\n\r\n", .bareLineEnding),
  HeadRow("RFC 9112 §2.2: bare CR in a value", "GET / HTTP/1.1\r\nHost: a\rb\r\n", .bareLineEnding),
  HeadRow("CR CR LF", "GET / HTTP/1.1\r\r\n", .bareLineEnding),
  HeadRow("RFC 9110 §5.5: NUL", "GET / HTTP/1.1\r\n\(host)X: a\0b\r\n\r\n", .controlCharacter),
  HeadRow("RFC 9110 §5.5: DEL", "GET / HTTP/1.1\r\n\(host)X: \u{7F}\r\n\r\n", .controlCharacter),
  HeadRow("a TLS hello", "\u{16}\u{03}\u{01}", .controlCharacter),
  HeadRow("HTAB in a value", "GET / HTTP/1.1\r\n\(host)X: a\tb\r\n\r\n", nil),
  HeadRow("obs-text in a value", "GET / HTTP/1.1\r\n\(host)X: ä\r\n\r\n", nil),
  HeadRow(
    "RFC 9112 §5.2: obs-fold", "GET / HTTP/1.1\r\n\(host)X: a\r\n b\r\n\r\n", .malformedField),
  HeadRow(
    "RFC 9112 §5.1: space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", .malformedField),
  HeadRow(
    "RFC 9112 §2.2: space after the request line", "GET / HTTP/1.1\r\n X: a\r\n\r\n",
    .malformedField),
  HeadRow("RFC 9110 §5.1: empty name", "GET / HTTP/1.1\r\n\(host): a\r\n\r\n", .malformedField),
  HeadRow("no colon", "GET / HTTP/1.1\r\n\(host)X\r\n\r\n", .malformedField),
  HeadRow(
    "RFC 9110 §5.6.2: name no token", "GET / HTTP/1.1\r\n\(host)X@: a\r\n\r\n", .malformedField),
  HeadRow("RFC 9110 §9.1: method no token", "G@T / HTTP/1.1\r\n\(host)\r\n", .malformedRequestLine),
  HeadRow("empty method", " / HTTP/1.1\r\n\(host)\r\n", .malformedRequestLine),
  HeadRow("RFC 9112 §3: two spaces", "GET  / HTTP/1.1\r\n\(host)\r\n", .badTarget),
  HeadRow("RFC 9112 §3.2: space in the target", "GET /a b HTTP/1.1\r\n\(host)\r\n", .badTarget),
  HeadRow("HTTP/0.9", "GET /\r\n\r\n", .malformedRequestLine),
  HeadRow("no target", "GET HTTP/1.1\r\n\(host)\r\n", .malformedRequestLine),
  HeadRow(
    "RFC 9112 §2.3: name in small letters", "GET / http/1.1\r\n\(host)\r\n", .malformedRequestLine),
  HeadRow("RFC 9110 §15.6.6: HTTP/2.0", "PRI * HTTP/2.0\r\n\r\n", .unsupportedVersion),
  HeadRow("RFC 9110 §2.5: HTTP/1.2 is taken as 1.1", "GET / HTTP/1.2\r\n\(host)\r\n", nil),
  HeadRow("HTTP/1.10", "GET / HTTP/1.10\r\n\(host)\r\n", .malformedRequestLine),
  HeadRow("RFC 9112 §3.2.4: * for OPTIONS", "OPTIONS * HTTP/1.1\r\n\(host)\r\n", nil),
  HeadRow("RFC 9112 §3.2.4: * for GET", "GET * HTTP/1.1\r\n\(host)\r\n", .badTarget),
  HeadRow("RFC 9112 §3.2.2: absolute-form", "GET http://b/p?q HTTP/1.1\r\n\(host)\r\n", nil),
  HeadRow("absolute-form with user info", "GET http://u@b/p HTTP/1.1\r\n\(host)\r\n", .badTarget),
  HeadRow("RFC 9112 §3.2.1: without a path", "GET http://b HTTP/1.1\r\n\(host)\r\n", nil),
  HeadRow("without a path, with a query", "GET http://b?q HTTP/1.1\r\n\(host)\r\n", nil),
  HeadRow("RFC 9112 §3.2.4: OPTIONS", "OPTIONS http://b HTTP/1.1\r\n\(host)\r\n", nil),
  HeadRow("absolute-form in HTTP/1.0", "GET http://b/p HTTP/1.0\r\nX: y\r\n\r\n", nil),
  HeadRow("absolute-form without host", "GET http:///p HTTP/1.1\r\n\(host)\r\n", .badTarget),
  HeadRow("RFC 9112 §3.2.3: authority-form", "CONNECT a:80 HTTP/1.1\r\n\(host)\r\n", .badTarget),
  HeadRow("RFC 9112 §3.2: fragment", "GET /a#b HTTP/1.1\r\n\(host)\r\n", .badTarget),
  HeadRow("no slash", "GET a HTTP/1.1\r\n\(host)\r\n", .badTarget),
  HeadRow("non-ASCII target", "GET /ä HTTP/1.1\r\n\(host)\r\n", .badTarget),
  HeadRow("RFC 3986 §2.1: %", "GET /% HTTP/1.1\r\n\(host)\r\n", .badPercentEscape),
  HeadRow("RFC 3986 §2.1: %4", "GET /%4 HTTP/1.1\r\n\(host)\r\n", .badPercentEscape),
  HeadRow("RFC 3986 §2.1: %zz", "GET /%zz HTTP/1.1\r\n\(host)\r\n", .badPercentEscape),
  HeadRow("a broken escape in the query", "GET /?a=% HTTP/1.1\r\n\(host)\r\n", nil),
  HeadRow("RFC 9112 §3.2: no Host", "GET / HTTP/1.1\r\n\r\n", .badHost),
  HeadRow("RFC 9112 §3.2: Host twice", "GET / HTTP/1.1\r\n\(host)\(host)\r\n", .badHost),
  HeadRow("Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
  HeadRow("Host with a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .badHost),
  HeadRow("Host with an address", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", nil),
  HeadRow("RFC 3986 §3.2.3: port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .badHost),
  HeadRow("RFC 3986 §3.2.2: address", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .badHost),
  HeadRow("RFC 3986 §3.2.2: name", "GET / HTTP/1.1\r\nHost: a^b\r\n\r\n", .badHost),
  HeadRow("RFC 3986 §2.1: in Host", "GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n", .badHost),
  HeadRow("RFC 9112 §3.2: empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", nil),
  HeadRow("RFC 9112 §3.2: HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", nil),
  HeadRow("HTTP/1.0 with two", "GET / HTTP/1.0\r\n\(host)\(host)\r\n", .badHost),
  HeadRow(
    "RFC 9112 §6.3: length and coding",
    "PUT / HTTP/1.1\r\n\(host)Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    .badFraming),
  HeadRow(
    "RFC 9112 §6.3: two lengths",
    "PUT / HTTP/1.1\r\n\(host)Content-Length: 1\r\nContent-Length: 1\r\n\r\n", .badFraming),
  HeadRow(
    "a list of lengths", "PUT / HTTP/1.1\r\n\(host)Content-Length: 1, 1\r\n\r\n", .badFraming),
  HeadRow("RFC 9110 §8.6: +1", "PUT / HTTP/1.1\r\n\(host)Content-Length: +1\r\n\r\n", .badFraming),
  HeadRow("RFC 9110 §8.6: empty", "PUT / HTTP/1.1\r\n\(host)Content-Length:\r\n\r\n", .badFraming),
  HeadRow(
    "a length beyond any", "PUT / HTTP/1.1\r\n\(host)Content-Length: 99999999999999999999\r\n\r\n",
    .badFraming),
  HeadRow(
    "RFC 9112 §6.1: coding in HTTP/1.0",
    "PUT / HTTP/1.0\r\n\(host)Transfer-Encoding: chunked\r\n\r\n", .badFraming),
  HeadRow("chunked", "PUT / HTTP/1.1\r\n\(host)transfer-encoding: Chunked\r\n\r\n", nil),
  HeadRow(
    "RFC 9112 §6.1: gzip", "PUT / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\r\n\r\n",
    .unknownTransferCoding),
  HeadRow(
    "xchunked", "PUT / HTTP/1.1\r\n\(host)Transfer-Encoding: xchunked\r\n\r\n",
    .unknownTransferCoding),
  HeadRow(
    "RFC 9112 §6.3: chunked not last",
    "PUT / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked, gzip\r\n\r\n", .badFraming),
  HeadRow(
    "RFC 9112 §6.1: chunked twice",
    "PUT / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    .badFraming),
  HeadRow(
    "an empty coding", "PUT / HTTP/1.1\r\n\(host)Transfer-Encoding:\r\n\r\n", .badFraming),
  HeadRow(
    "the longest target", "GET /\(String(repeating: "a", count: 4095)) HTTP/1.1\r\n\(host)\r\n", nil
  ),
  HeadRow(
    "RFC 9110 §15.5.15: a longer one",
    "GET /\(String(repeating: "a", count: 4096)) HTTP/1.1\r\n\(host)\r\n",
    .targetTooLong(limit: 4096)),
  HeadRow(
    "a target without end", "GET /\(String(repeating: "a", count: 5000))",
    .targetTooLong(limit: 4096)),
  HeadRow(
    "a hundred fields",
    "GET / HTTP/1.1\r\n\(host)\(String(repeating: "A: b\r\n", count: 99))\r\n", nil),
  HeadRow(
    "RFC 6585 §5: more",
    "GET / HTTP/1.1\r\n\(host)\(String(repeating: "A: b\r\n", count: 100))\r\n",
    .tooManyFields(limit: 100)),
  HeadRow(
    "RFC 6585 §5: a large head",
    "GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 16_400))",
    .headTooLarge(limit: 16_384)),
]

/// The result of a parser for bytes in pieces.
private func parse(
  _ text: String, cuts: [Int] = []
) -> (requests: [String], error: RequestParseError?, isInside: Bool) {
  let bytes = Array(text.utf8)
  var parser = RequestHeadParser()
  var requests: [String] = []
  var start = 0
  do {
    for end in cuts + [bytes.count] {
      let piece = Array(bytes[start..<end])
      var position = 0
      while position < piece.count {
        guard let request = try parser.next(piece.span, &position) else { break }
        requests.append("\(request.methodText) \(request.path) \(request.headers)")
      }
      start = end
    }
    return (requests, nil, parser.isInsideHead)
  } catch {
    return (requests, error, false)
  }
}

@Suite("Request heads, RFC 9112 §2–§6")
struct RequestHeadParserTests {
  @Test("a head is taken or refused as the specification says", arguments: rows)
  func table(_ row: HeadRow) {
    let result = parse(row.head)
    #expect(result.error == row.error)
    #expect(result.requests.count == (row.error == nil ? 1 : 0))
  }

  @Test("splitting the input anywhere parses the same", arguments: rows)
  func splitting(_ row: HeadRow) {
    let text = row.head + "GET /next HTTP/1.1\r\nHost: b\r\n\r\n"
    let whole = parse(text)
    let count = text.utf8.count
    // Inside a long field all bytes are alike.
    let margin = count < 1000 ? count : TestLength.of(short: 60, long: 400)
    for cut in 0...count where cut < margin || cut > count - margin {
      let result = parse(text, cuts: [cut])
      #expect(result.requests == whole.requests, "cut at \(cut)")
      #expect(result.error == whole.error, "cut at \(cut)")
    }
    let bytewise = parse(text, cuts: Array(0..<count))
    #expect(bytewise.requests == whole.requests)
    #expect(bytewise.error == whole.error)
  }

  @Test("random bytes are refused or wanted more of, never a trap", arguments: UInt64(0)..<200)
  func noise(_ seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let alphabet = Array("GET / HTTP/1.1\r\n\r\nHost: a%?#:\t,chunked0".utf8)
    let bytes = (0..<300).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] }
    let text = "GET / HTTP/1.1\r\n" + String(decoding: bytes, as: UTF8.self)
    let cut = Int(generator.next() % 300)
    #expect(parse(text).error == parse(text, cuts: [cut]).error)
  }

  @Test("the status says whose fault it is")
  func statuses() {
    #expect(RequestParseError.badHost.status == 400)
    #expect(RequestParseError.targetTooLong(limit: 1).status == 414)
    #expect(RequestParseError.tooManyFields(limit: 1).status == 431)
    #expect(RequestParseError.headTooLarge(limit: 1).status == 431)
    #expect(RequestParseError.unknownTransferCoding.status == 501)
    #expect(RequestParseError.unsupportedVersion.status == 505)
  }
}
