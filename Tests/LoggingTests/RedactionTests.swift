// SPDX-License-Identifier: Apache-2.0

import Logging
import Testing

/// A text with a secret, and the text after redaction.
private struct Row: Sendable, CustomTestStringConvertible {
  let kind, text, redacted: String
  var testDescription: String { "\(kind): \(text)" }
  init(_ kind: String, _ text: String, _ redacted: String) {
    (self.kind, self.text, self.redacted) = (kind, text, redacted)
  }
}

private let rows = [
  Row(
    "token in the path", "/t/k1.1795155720.v1.c2ln/live/video/segment1.m4s?x=1",
    "/t/***/live/video/segment1.m4s?x=1"),
  Row(
    "token in a whole URL", "GET http://h:8080/t/S/live.m3u8", "GET http://h:8080/t/***/live.m3u8"),
  Row("stars before a secret", "passphrase=***S, x", "passphrase=*** x"),
  Row("token path alone", "/t/S", "/t/***"),
  Row("token in a field", "referer=https://h/t/S/x", "referer=https://h/t/***/x"),
  Row("token after an address", "[2001:db8::1]:8080/t/S/x", "[2001:db8::1]:8080/t/***/x"),
  Row("token in a list", "paths:/a/b,/t/S/x", "paths:/a/b,/t/***/x"),
  Row("token after user info", "http://u:S/S@h/t/S/x", "http://***@h/t/***/x"),
  Row("token path, escaped", "/%74/S/live", "/t/***/live"),
  Row("token path, escaped slashes", "/t%2fS%2flive", "/t/***/live"),
  Row("token path, escaped twice", "/%2574/S/live", "/t/***/live"),
  Row("token in the query", "/ws?a=1&token=eyJ.S.x-_&b=2", "/ws?a=1&token=***&b=2"),
  Row("token in the query, escaped", "/ws?%74oken=S", "/ws?token=***"),
  Row("token with another case", "/ws?Token=S", "/ws?Token=***"),
  Row("JWT after access_token", "/api?access_token=S#f", "/api?access_token=***#f"),
  Row("Authorization", "Authorization: Bearer S", "Authorization: ***"),
  Row(
    "Authorization, other lines", "authorization: Basic S==\r\nX: y", "authorization: ***\r\nX: y"),
  Row("Proxy-Authorization", "Proxy-Authorization: S", "Proxy-Authorization: ***"),
  Row("a bearer token anywhere", "refused: bearer S, expired", "refused: bearer *** expired"),
  Row("cookie", "Cookie: a=S; b=S", "Cookie: ***"),
  Row("Set-Cookie", "set-cookie: sid=S; Path=/", "set-cookie: ***"),
  Row(
    "SRT passphrase", "srt://h:9000?mode=caller&passphrase=S,;S&latency=120",
    "srt://h:9000?mode=caller&passphrase=***&latency=120"),
  Row("SRT stream ID", "srt://h:9000?streamid=publish:live:S", "srt://h:9000?streamid=***"),
  Row("user info", "rtsp://admin:S@cam.local:554/1", "rtsp://***@cam.local:554/1"),
  Row("user info with a slash and an @", "rtsp://u:S/S@S@h/1 failed", "rtsp://***@h/1 failed"),
  Row("user info without password", "http://S@h/", "http://***@h/"),
  Row("stream key of RTMP", "rtmp://h/app/S?x=S", "rtmp://h/app/***"),
  Row(
    "stream key of RTMPS, with the colon after it", "in RTMPS://h/app/S: refused",
    "in RTMPS://h/app/*** refused"),
  Row("stream key in a query", "PUT /live/x.m4s?key=S", "PUT /live/x.m4s?key=***"),
  Row("flag", "--publish-key: \"S S\" was given", "--publish-key: \"***\" was given"),
  Row("flag and value", "streamer --admin-token S --loop", "streamer --admin-token *** --loop"),
  Row("flag with =", "--playback-key=S", "--playback-key=***"),
  Row(
    "value in an error", "c.json:3: adminToken: invalid value \"S S\" (expected 16–256 letters)",
    "c.json:3: adminToken: invalid value \"***\" (expected 16–256 letters)"),
  Row("name like a sentence", "--publish-key and S", "--publish-key *** S"),
  Row(
    "JSON", "{\"publishKey\": \"S\", \"name\": \"a\"}", "{\"publishKey\": \"***\", \"name\": \"a\"}"
  ),
]

@Suite("Secrets are never logged")
struct RedactionTests {
  @Test("each kind of secret is replaced, and nothing else", arguments: rows)
  fileprivate func kinds(_ row: Row) {
    #expect(row.text.contains("S") || row.text.contains("c2ln"))
    let redacted = Redaction.redact(row.text)
    // A bearer token ends at the next space, so the comma is replaced with it.
    #expect(redacted == row.redacted)
  }

  @Test(
    "a text without a secret is unchanged",
    arguments: [
      "/live/video/segment1795155720.3.m4s?_HLS_msn=1&_HLS_part=2", "listening http://[::]:8080/",
      "live: playable after 312 ms", "/t", "/test/t1/x",
      "/site/t/cam.m3u8", "GET http://h:8080/site/t/cam.m3u8", "/srv/t/video/segment1.m4s: gone",
      "no key: the path is empty", "",
      "--tls-key: \"/etc/key.pem\" cannot be read", "100%", "%zz", "a tokenizer=x",
      "srt://h:9?passphrase=***, h264; rtmp://h/a/***: gone",
      "--playback-key: invalid value \"***\" (expected a name)", "--admin-token: missing value",
      "--publish-key and --rtmp-path: cannot be combined (expected one key)",
      "--publish-key requires --rtmp", "c.json: streams[0].publishKey: has no effect: no publisher",
      "c.json:3: adminToken: applies to the whole program, ignored",
    ])
  func harmless(_ text: String) {
    #expect(Redaction.redact(text) == text)
  }

  @Test(
    "the work grows with the length of a text, not with its square", .timeLimit(.minutes(1)),
    arguments: ["://", "/t", "/b/t/x", "/t/a?", "rtmp://", "://@", "a=/t/"])
  func long(_ piece: String) {
    let text = "/a" + String(repeating: piece, count: 50_000)
    #expect(Redaction.redact(text).utf8.count > 2)
  }

  @Test("redacting a redacted text changes nothing")
  func twice() {
    for row in rows { #expect(Redaction.redact(row.redacted) == row.redacted) }
  }

  @Test("the log redacts every message, in both forms", arguments: Log.Format.allCases)
  func log(_ format: Log.Format) {
    let lines = Lines()
    let log = Log(format: format, least: .info) { lines.add($0) }
    for row in rows { log.write(.info, "test", row.text) }
    log.write(.debug, "test", "not shown")
    #expect(lines.all.count == rows.count)
    #expect(!lines.all.contains { $0.contains("c2ln") || $0.contains("S@") || $0.contains("eyJ") })
  }
}
