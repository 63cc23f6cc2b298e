// SPDX-License-Identifier: Apache-2.0

import HTTP
import HTTPTestSupport
import Sharing
import Testing

@Suite("Preconditions, RFC 9110 §13")
struct PreconditionTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let fields: [HeaderField]
    let status: Int
    var untagged: Int?
    var method = "GET"
    var testDescription: String { "\(method) \(fields.map { "\($0.name): \($0.value)" })" }

    init(_ status: Int, untagged: Int? = nil, _ fields: (String, String)..., method: String = "GET")
    {
      self.fields = fields.map { HeaderField($0.0, $0.1) }
      (self.status, self.untagged, self.method) = (status, untagged, method)
    }
  }

  /// Of a body of six bytes with the tag "a"; `untagged` is the status of one without a tag.
  static let rows = [
    // §13.1.1: the tag, a list with it, or any representation; strong comparison.
    Row(200, untagged: 412, ("If-Match", "\"a\"")), Row(412, ("If-Match", "\"b\"")),
    Row(200, untagged: 200, ("If-Match", "*")),
    Row(200, untagged: 412, ("If-Match", "\"b\" ,\"a\"")),
    Row(200, untagged: 412, ("If-Match", "\"b\""), ("If-Match", "\"a\"")),
    Row(412, ("If-Match", "W/\"a\"")), Row(412, ("If-Match", "a")), Row(412, ("If-Match", "")),
    Row(412, ("If-Match", "\"a")), Row(412, ("If-Match", "\"A\"")),
    Row(200, untagged: 412, ("if-match", "\"a\""), method: "HEAD"),
    Row(412, ("If-Match", "\"b\""), method: "HEAD"),
    // §13.1.2: weak comparison.
    Row(304, untagged: 200, ("If-None-Match", "W/\"a\"")), Row(200, ("If-None-Match", "\"b\"")),
    Row(304, untagged: 304, ("If-None-Match", "*")),
    Row(304, untagged: 200, ("If-None-Match", "\"b\",\"a\"")),
    // §13.2.2: If-Match, If-None-Match, then Range.
    Row(412, ("If-None-Match", "\"a\""), ("If-Match", "\"b\"")),
    Row(304, untagged: 412, ("If-Match", "\"a\""), ("If-None-Match", "\"a\"")),
    Row(200, untagged: 412, ("If-Match", "\"a\""), ("If-None-Match", "\"b\"")),
    Row(412, ("If-Match", "\"b\""), ("Range", "bytes=1-2")),
    Row(206, untagged: 412, ("If-Match", "\"a\""), ("Range", "bytes=1-2")),
    Row(412, ("If-Match", "\"b\""), ("Range", "bytes=9-")),
    Row(416, untagged: 412, ("If-Match", "\"a\""), ("Range", "bytes=9-")),
    Row(304, untagged: 416, ("If-None-Match", "\"a\""), ("Range", "bytes=9-")),
    Row(412, ("If-Match", "\"b\""), ("If-Range", "\"a\""), ("Range", "bytes=1-2")),
    // §13.1.3, §13.1.4: ignored without a Last-Modified.
    Row(200, ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")),
    Row(200, ("If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT")),
    // Fields with names of the same lengths.
    Row(200, untagged: 200, ("Priority", "u=1"), ("X-None-Matched", "*")),
  ]

  private func response(tag: String?) -> PreparedResponse {
    let fields = [
      HeaderField("Content-Type", "text/plain"), HeaderField("Cache-Control", "public, max-age=9"),
      HeaderField("Access-Control-Allow-Origin", "*"), PreparedResponse.acceptRanges,
    ]
    return PreparedResponse(
      status: 200, fields: fields + (tag.map { [HeaderField("ETag", $0)] } ?? []),
      body: [SharedBytes("tagged")])
  }

  @Test("the status of GET and HEAD", arguments: rows)
  func table(_ row: Row) throws {
    let request = try Request(row.method, "/", row.fields)
    for (tag, status) in [("\"a\"", row.status), (nil, row.untagged ?? row.status)] {
      // As an exchange does it.
      let found = response(tag: tag).ranged(request).conditional(request)
      #expect(found.status == status)
      guard found.status == 412 || found.status == 304 else { continue }
      #expect(found.header("access-control-allow-origin") == "*")
      #expect(found.header("content-range") == nil && found.header("accept-ranges") == nil)
      if found.status == 412 {
        #expect(found.header("cache-control") == "no-store" && found.header("etag") == nil)
        #expect(found.contentLength > 0)
      } else {
        // §15.4.5: no field that describes content, but those that update a cache.
        #expect(found.header("content-type") == nil && found.header("etag") == tag)
        #expect(found.header("cache-control") == "public, max-age=9")
      }
    }
    // A weak tag is no strong one.
    let weak = response(tag: "W/\"a\"").conditional(try Request("GET", "/", row.fields))
    if row.fields.contains(where: { $0.isNamed("if-match") && $0.value != "*" }) {
      #expect(weak.status == 412)
    }
  }

  @Test("§13.2.1: a response that is no success is not changed")
  func others() throws {
    let request = try Request("GET", "/", [HeaderField("If-Match", "\"b\"")])
    for status in [307, 404, 410, 425, 503] {
      #expect(PreparedResponse.text(status, "x").conditional(request).status == status)
    }
    let post = try Request("POST", "/", [HeaderField("If-Match", "\"b\"")])
    #expect(response(tag: "\"a\"").conditional(post).status == 200)
  }

  @Test("the precondition of a method that changes something, §13.1.1, §13.1.2")
  func changes() throws {
    let rows: [(String, String, String?, Bool, Request.Precondition)] = [
      ("If-Match", "\"a\"", "\"a\"", true, .holds), ("If-Match", "\"b\"", "\"a\"", true, .failed),
      ("If-Match", "*", "\"a\"", true, .holds), ("If-Match", "*", nil, true, .holds),
      ("If-Match", "*", nil, false, .failed), ("If-Match", "\"a\"", nil, false, .failed),
      ("If-Match", "W/\"a\"", "\"a\"", true, .failed),
      ("If-None-Match", "*", nil, false, .holds), ("If-None-Match", "*", nil, true, .failed),
      ("If-None-Match", "\"a\"", "\"a\"", true, .failed),
      ("If-None-Match", "W/\"a\"", "\"a\"", true, .failed),
      ("If-None-Match", "\"b\"", "\"a\"", true, .holds),
    ]
    for (name, value, tag, exists, expected) in rows {
      for method in ["PUT", "POST", "DELETE"] {
        let request = try Request(method, "/", [HeaderField(name, value)])
        #expect(
          request.precondition(tag, exists: exists) == expected, "\(method) \(name): \(value)")
      }
    }
  }

  @Test("over both versions of HTTP; an open body has no tag, §13.1.1")
  func connections() throws {
    let server = try TestServer()
    let (old, new) = (try TestClient(server), try FrameClient(server))
    old.get("/tagged", "If-Match: \"b\"\r\n")
    let refused = try old.response()
    #expect(refused.status == 412 && refused.has("Cache-Control: no-store"))
    old.get("/tagged", "If-Match: \"a\"\r\n")
    #expect(try old.response().text == "tagged")
    new.send(
      .get("/tagged", stream: 1, [("if-match", "\"b\"")]),
      .get("/tagged", stream: 3, [("if-match", "\"a\"")]))
    #expect(try new.answer(stream: 1).status == 412)
    #expect(try new.answer(stream: 3).text == "tagged")
    old.get("/stream", "If-Match: \"b\"\r\n")
    #expect(server.eventually { $0.paths.count == 5 })
    server.onLoop { routes in
      let open = PreparedResponse(status: 200, fields: [])
      #expect(routes.held("/stream")?.answersCondition(of: open) == true)
    }
    #expect(try old.response().status == 412)
  }
}

@Suite("The type of a response, RFC 9110 §12.5.1")
struct AcceptTests {
  @Test(
    "HTML is preferred to an MPD",
    arguments: [
      (nil, false), ("", false), ("*/*", false), ("text/html", true), ("TEXT/HTML", true),
      ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
      ("text/html, */*", true), ("text/*", true), ("text/html;q=0.1", true),
      // §12.4.2: the weight 0 means "not acceptable".
      ("text/html;q=0", false), ("text/html; q=0.000", false), ("text/html;q=0, */*", false),
      ("*/*, text/html ; Q=0.0", false), ("text/*;q=0, */*", false),
      ("text/html;q=0.5, application/dash+xml", false),
      ("application/dash+xml;q=0.5, text/html", true),
      ("text/html, application/dash+xml", false), ("text/html;q=0.5, */*;q=0.8", false),
      ("text/html;q=0.5, */*;q=0.8, application/dash+xml;q=0.1", true),
      ("text/html;charset=utf-8;q=0", false), ("text/html;level=1", true),
      ("application/dash+xml", false), ("application/xhtml+text/html", false),
      ("text/htmlx", false), ("text/html;q=x", true), ("image/png", false),
      ("text/html, image/gif, *; q=.2, */*; q=.2", true), ("text/html;q=nan", true),
    ] as [(String?, Bool)])
  func html(_ accept: String?, _ isPreferred: Bool) throws {
    let request = try Request("GET", "/", accept.map { [HeaderField("Accept", $0)] } ?? [])
    #expect(request.prefers("text/html", over: "application/dash+xml") == isPreferred)
  }
}
