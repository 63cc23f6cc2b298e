// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Server
import Testing
import Time

@Suite("POST /api/streams/S/captions")
struct CaptionRequestTests {
  private static let request = try? Request("POST", "/api/streams/live/captions?lang=en")
  private static let now = WallTime.origin + .seconds(1_795_155_720)

  private func read(_ body: String) throws -> CaptionRequest {
    try CaptionRequest(try #require(Self.request), Array(body.utf8), now: Self.now)
  }

  @Test("the start is now, milliseconds, or a date; times are whole milliseconds")
  func accepted() throws {
    let bodies = [
      #"{"text": "a", "duration": 1500}"#, #"{"text": "a", "duration": 1500.2, "start": "now"}"#,
      #"{"text": "a", "duration": 1.5e3, "start": 1795155720000}"#,
      #"{"text": "a", "duration": 1500, "start": "1795155720000.9"}"#,
      #"{"text": "a", "duration": 1500, "start": "2026-11-20T06:22:00.000Z"}"#,
    ]
    for body in bodies {
      let read = try read(body)
      #expect(read.language == LanguageTag("en"))
      #expect(read.cue.start == Self.now && read.cue.duration == .milliseconds(1500), "\(body)")
    }
  }

  static let malformed: [String] = [
    "", " ", "\u{0}", "text", "{", "}", "{}{}", "[]", "[1]", "1", "null", "true", "\"text\"", "{}",
    #"{"text"}"#, #"{"text": }"#, #"{"text": "a"}"#, #"{"text": "a",}"#, #"{text: "a"}"#,
    #"{'text': 'a'}"#, #"{"duration": 1}"#, #"{"text": 1, "duration": 1}"#,
    #"{"text": null, "duration": 1}"#, #"{"text": ["a"], "duration": 1}"#,
    #"{"text": {"a": 1}, "duration": 1}"#, #"{"text": "", "duration": 1}"#,
    #"{"text": " \n ", "duration": 1}"#, #"{"text": "a\u0000", "duration": 1}"#,
    #"{"text": "\u001b[2J", "duration": 1}"#, #"{"text": "\ud800", "duration": 1}"#,
    "{\"text\": \"a\nb\", \"duration\": 1}", #"{"text": "a", "text": "b", "duration": 1}"#,
    #"{"text": "a", "duration": 0}"#, #"{"text": "a", "duration": -1}"#,
    #"{"text": "a", "duration": 60001}"#, #"{"text": "a", "duration": "3000"}"#,
    #"{"text": "a", "duration": 1e999}"#, #"{"text": "a", "duration": NaN}"#,
    #"{"text": "a", "duration": 9223372036854775808}"#, #"{"text": "a", "duration": true}"#,
    #"{"text": "a", "duration": 1, "start": "yesterday"}"#,
    #"{"text": "a", "duration": 1, "start": -1}"#, #"{"text": "a", "duration": 1, "start": 9e99}"#,
    #"{"text": "a", "duration": 1, "start": 1795155659000}"#,
    #"{"text": "a", "duration": 1, "start": 1795159320001}"#,
    #"{"text": "a", "duration": 1, "start": "2026-02-30T00:00:00Z"}"#,
    #"{"text": "a", "duration": 1, "position": 1}"#, #"{"text": "a", "duration": 1, "lang": "de"}"#,
    #"{"text": "\#(String(repeating: "x", count: 1001))", "duration": 1}"#,
    #"{"text": "\#(String(repeating: #"a\n"#, count: 9))", "duration": 1}"#,
    String(repeating: "[", count: 5000),
    "{\"text\": \"a\", \"duration\": 1}" + String(repeating: " ", count: 8192),
  ]

  @Test("a malformed body gets one line that says what is expected", arguments: malformed)
  func refused(body: String) throws {
    let refusal = #expect(throws: RequestRefusal.self) { try read(body) }
    let reason = try #require(refusal?.reason)
    #expect(refusal?.status == (body.utf8.count > CaptionRequest.largest ? 413 : 400))
    #expect(!reason.contains("\n") && (10...160).contains(reason.count), "\(reason)")
  }

  @Test("there are 40 malformed bodies or more; bytes that are no UTF-8 are malformed")
  func bytes() throws {
    #expect(Self.malformed.count >= 40)
    let body = Array(#"{"text": ""#.utf8) + [0xFF, 0xC0] + Array(#"", "duration": 1}"#.utf8)
    #expect(throws: RequestRefusal.self) {
      try CaptionRequest(try #require(Self.request), body, now: Self.now)
    }
  }
}
