// SPDX-License-Identifier: Apache-2.0

import Access
import System
import Testing

private let secret = "0123456789abcdef0123456789abcdef"
private let now: Int64 = 1_795_155_720
private let later = now + 9000

/// Tokens by other programs: HS256 by `secret` for all streams, ES256 by the owner of `publicKey`
/// for the stream `live`, by bob; both end in 2100.
private let secretToken =
  "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.eyJleHAiOjQxMDI0NDQ4MDAsImxseCI6eyJhY3QiOiJwbGF5In19.2c4qL"
  + "H6arimRmYfus_SBx7yGAHcfTTY0g1nF8HT4fYs"
private let publicToken =
  "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjQxMDI0NDQ4MDAsInN1YiI6ImJvYiIsImxseCI6eyJhY3QiO"
  + "lsicGxheSIsImFwaSJdLCJzdHJlYW0iOiJsaXZlIn19.Z44XkuIh68o5UTNsFkevgMcCa7OnrYa13NmuAKBCMv0lRkR6N4"
  + "bw0cJg5hMTwM4h22y6jGnzdOovxtzGnHdtbg"
private let publicKey = """
  -----BEGIN PUBLIC KEY-----
  MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJtxKrqsLOas/2BKL67tSETbIQR4W
  LiHPwhAx049lg4RP5tv2lUnEYbffIlQ+5O78zaRYu65u5gwz1HUnUjG3Mg==
  -----END PUBLIC KEY-----

  """

/// A token by HS256.
private func token(
  _ claims: String, header: String = #"{"alg":"HS256","kid":"k1"}"#, key: String = "k1:\(secret)"
) -> String { token(bytes: Array(claims.utf8), header: header, key: key) }

private func token(
  bytes: [UInt8], header: String = #"{"alg":"HS256","kid":"k1"}"#, key: String = "k1:\(secret)"
) -> String {
  let content = Base64.encode(Array(header.utf8), .url) + "." + Base64.encode(bytes, .url)
  let signature = TokenKey(key)?.signature(of: content) ?? []
  return content + "." + Base64.encode(signature, .url)
}

/// A token for playback until `end`.
private func playing(_ end: Int64 = later, _ more: String = "") -> String {
  token("{\"exp\":\(end),\(more)\"llx\":{\"act\":\"play\",\"stream\":[\"live\",\"b\"]}}")
}

/// The claims of a token for playback, with more members of the permission.
private func claims(_ more: String = "") -> String {
  "{\"exp\":\(later),\"llx\":{\"act\":\"play\"\(more)}}"
}

/// A token, and the verdict on playback of the stream `live`.
private struct Row: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let token: String
  var verdict = PlaybackToken.Verdict.invalid
}

private let rows = [
  Row(testDescription: "valid", token: playing(), verdict: .valid(nil)),
  Row(testDescription: "of another program", token: secretToken, verdict: .valid(nil)),
  Row(testDescription: "ES256", token: publicToken, verdict: .valid(nil)),
  Row(
    testDescription: "fractions", token: token(#"{"exp":4.1e9,"llx":{"act":["play"]}}"#),
    verdict: .valid(nil)),
  Row(testDescription: "expired", token: playing(now - 61), verdict: .expired),
  Row(
    testDescription: "begun", token: playing(later, "\"nbf\":\(now + 30),"), verdict: .valid(nil)),
  Row(testDescription: "not begun", token: playing(later + 99, "\"nbf\":\(later),")),
  Row(testDescription: "no expiry", token: token(#"{"llx":{"act":"play"}}"#)),
  Row(testDescription: "endless", token: token(#"{"exp":1e300,"llx":{"act":"play"}}"#)),
  Row(testDescription: "negative", token: token(#"{"exp":-1,"llx":{"act":"play"}}"#)),
  Row(testDescription: "no permission", token: token("{\"exp\":\(later)}")),
  Row(
    testDescription: "other action", token: token("{\"exp\":\(later),\"llx\":{\"act\":\"api\"}}")
  ),
  Row(
    testDescription: "other stream",
    token: token("{\"exp\":\(later),\"llx\":{\"act\":\"play\",\"stream\":\"b\"}}")),
  Row(testDescription: "null stream", token: token(claims(", \"stream\": null"))),
  Row(testDescription: "null in a list", token: token(claims(", \"stream\": [\"live\", null]"))),
  Row(testDescription: "no stream of a list", token: token(claims(", \"stream\": []"))),
  Row(testDescription: "null action", token: token(#"{"exp":4.1e9,"llx":{"act":null}}"#)),
  Row(testDescription: "null start", token: playing(later, "\"nbf\":null,")),
  Row(testDescription: "null viewer", token: playing(later, "\"sub\":null,")),
  Row(
    testDescription: "null extensions",
    token: token(claims(), header: #"{"alg":"HS256","crit":null}"#)),
  Row(
    testDescription: "two streams", token: token(claims(",\"stream\":\"b\",\"stream\":\"live\""))),
  Row(
    testDescription: "two streams, one escaped",
    token: token(claims(#","stream":"b","\u0073tream":"live""#))),
  Row(testDescription: "two ends", token: token(#"{"exp":1,"exp":4.1e9,"llx":{"act":"play"}}"#)),
  Row(testDescription: "final comma", token: token(#"{"exp":4.1e9,"llx":{"act":"play"},}"#)),
  Row(testDescription: "UTF-16", token: token(bytes: claims().utf16.flatMap { [UInt8($0), 0] })),
  Row(testDescription: "all streams", token: token(claims()), verdict: .valid(nil)),
  Row(
    testDescription: "no algorithm",
    token: token("{\"exp\":\(later),\"llx\":{\"act\":\"play\"}}", header: #"{"alg":"none"}"#)),
  Row(
    testDescription: "public key as secret",
    token: token(
      "{\"exp\":\(later),\"llx\":{\"act\":\"play\"}}", header: #"{"alg":"HS256"}"#,
      key: "k1:" + publicKey.replacing("\n", with: "-"))),
  Row(
    testDescription: "unknown extension",
    token: token(
      "{\"exp\":\(later),\"llx\":{\"act\":\"play\"}}",
      header: #"{"alg":"HS256","crit":["x"]}"#)),
  Row(
    testDescription: "other KID",
    token: token(
      "{\"exp\":\(later),\"llx\":{\"act\":\"play\"}}", header: #"{"alg":"HS256","kid":"k2"}"#)),
  Row(testDescription: "truncated", token: String(playing().dropLast())),
  Row(testDescription: "changed", token: playing().replacing(".ey", with: ".eyA")),
  Row(testDescription: "ES256, changed", token: publicToken.replacing("Z44X", with: "Z44Y")),
  Row(
    testDescription: "unsigned",
    token: playing().split(separator: ".").prefix(2).joined(separator: ".") + "."),
  Row(testDescription: "empty", token: ""),
  Row(testDescription: "no token", token: "a.b.c"),
]

@Suite("JSON Web Tokens")
struct JSONWebTokenTests {
  private func verdict(
    on text: String, _ action: JSONWebToken.Action = .play, _ stream: String? = "live",
    now: Int64 = now
  ) throws -> PlaybackToken.Verdict {
    let key = try #require(TokenKey("k1:\(secret)"))
    let owner = try #require(SignatureKey(pem: Array(publicKey.utf8)))
    let claims = JSONWebToken(text)?.claims([key], owner)
    return claims?.verdict(on: action, stream, now: now) ?? .invalid
  }

  @Test("signature, action, stream and times decide", arguments: rows)
  fileprivate func decision(row: Row) throws {
    #expect(try verdict(on: row.token) == row.verdict)
  }

  @Test("clocks may differ by a minute")
  func skew() throws {
    let token = playing(now, "\"nbf\":\(now),")
    let rows: [(Int64, PlaybackToken.Verdict)] = [
      (-61, .invalid), (-60, .valid(nil)), (59, .valid(nil)), (60, .expired),
    ]
    for (seconds, expected) in rows {
      #expect(try verdict(on: token, now: now + seconds) == expected, "\(seconds) s")
    }
  }

  @Test("a token of one action and of some streams is for no other ones")
  func scope() throws {
    #expect(try verdict(on: publicToken, .api) == .valid(nil))
    #expect(try verdict(on: playing(), .api) == .invalid)
    #expect(try verdict(on: playing(), .play, "b") == .valid(nil))
    // Nil: all streams.
    #expect(try verdict(on: playing(), .play, nil) == .invalid)
    #expect(try verdict(on: token(claims()), .play, nil) == .valid(nil))
  }

  @Test("without the key, or the public one, no token is signed")
  func unknownKeys() throws {
    let other = try #require(TokenKey("k1:\(secret.reversed().map(String.init).joined())"))
    for text in [secretToken, publicToken, playing()] {
      let read = try #require(JSONWebToken(text))
      #expect(read.claims([], nil) == nil && read.claims([other], nil) == nil)
    }
  }
}
