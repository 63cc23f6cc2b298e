// SPDX-License-Identifier: Apache-2.0

import HTTP
import Server
import Testing
import Time

@Suite("A span of the archive in a request")
struct SpanRequestTests {
  private func read(_ body: String, query: String = "") throws -> Range<WallTime> {
    let request = try Request("DELETE", "/api/streams/live/archive\(query)")
    return try SpanRequest(request, Array(body.utf8)).span
  }

  private static let span =
    WallTime.origin + .seconds(1_795_155_720)..<WallTime.origin + .seconds(1_795_155_780)

  @Test("the query, or a JSON object of numbers or dates")
  func accepted() throws {
    #expect(try read("", query: "?from=1795155720&to=1795155780") == Self.span)
    #expect(try read(#"{"from": 1795155720, "to": "1795155780"}"#) == Self.span)
    #expect(try read("\n", query: "?from=1795155720&to=1795155780") == Self.span)
    let body = #"{"from": "2026-11-20T06:22:00Z", "to": 1795155780, "x": true}"#
    #expect(try read(body) == Self.span)
  }

  @Test("a body that is not JSON is named, with the place of its fault")
  func malformed() throws {
    let (levels, comma) = (
      String(repeating: "[", count: 500) + String(repeating: "]", count: 500),
      #"{"from": 1795155720, "to": 1795155780,}"#
    )
    for body in [levels, comma, "from=1795155720", "{"] {
      let refusal = try #require(throws: RequestRefusal.self) { try read(body) }
      #expect(refusal.reason.hasPrefix("the body is not JSON: line 1, column "), "\(refusal)")
      #expect(refusal.reason.contains("expected"))
    }
  }

  @Test("a missing time is named")
  func missing() throws {
    let refusal = try #require(throws: RequestRefusal.self) { try read(#"{"to": 1795155780}"#) }
    #expect(refusal.reason.hasPrefix("\"from\": missing"))
  }
}
