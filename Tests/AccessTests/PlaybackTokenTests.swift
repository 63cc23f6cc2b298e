// SPDX-License-Identifier: Apache-2.0

import Access
import Net
import Testing

private let secret = "0123456789abcdef0123456789abcdef"
private let expiry: Int64 = 1_800_000_000
private let viewer = PeerAddress(high: 0, low: 0xc000_0207, port: 4000, isVersion6: false)
private let neighbour = PeerAddress(high: 0, low: 0xc000_0208, port: 4000, isVersion6: false)
private let viewer6 = PeerAddress(
  high: 0x2001_0db8_0001_0002, low: 9, port: 4000, isVersion6: true)

/// A text, the request that it comes with, and the verdict; nil if the text is no token.
private struct Row: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let text: String
  var stream = "live"
  var peer = viewer
  var now = expiry - 1
  let verdict: PlaybackToken.Verdict?
}

/// Signatures by another program: HMAC-SHA256 of `v1|live|1800000000||viewer-1`, of the same text
/// with the address 192.0.2.7, and with 2001:db8:1:2::.
private let good = "k1.1800000000.viewer-1.MiCcFfIWbV8cinr2LKHqPrfAnpqPvLNMUC6r_768cPw"
private let bound = "k1.1800000000.viewer-1.Z6Lmj9XigaOq36xF60MKAzc43aBst7tpZO-Rmvr2SJ0"
private let bound6 = "k1.1800000000.viewer-1.0f6cf0LDShp6cLCXAAYDwVERdSklx-qcmqw5P9ZDaXg"

private let rows = [
  Row(testDescription: "valid", text: good, verdict: .valid(nil)),
  Row(testDescription: "within the skew", text: good, now: expiry + 59, verdict: .valid(nil)),
  Row(testDescription: "expired", text: good, now: expiry + 60, verdict: .expired),
  Row(testDescription: "other stream", text: good, stream: "yard", verdict: .invalid),
  Row(testDescription: "other key", text: "k2" + good.dropFirst(2), verdict: .invalid),
  Row(testDescription: "unknown key", text: "k3" + good.dropFirst(2), verdict: .invalid),
  Row(
    testDescription: "later expiry",
    text: good.replacing("1800000000", with: "1900000000"), verdict: .invalid),
  Row(
    testDescription: "other session", text: good.replacing("viewer-1", with: "viewer-2"),
    verdict: .invalid),
  Row(
    testDescription: "other signature, expired", text: good.replacing("MiCc", with: "MiCd"),
    now: expiry + 999, verdict: .invalid),
  Row(testDescription: "bound", text: bound, verdict: .valid(viewer.owner)),
  Row(testDescription: "bound to another one", text: bound, peer: neighbour, verdict: .invalid),
  Row(testDescription: "bound, IPv6", text: bound6, peer: viewer6, verdict: .valid(viewer6.owner)),
  Row(testDescription: "bound, other family", text: bound6, verdict: .invalid),
  Row(testDescription: "truncated", text: String(good.dropLast()), verdict: nil),
  Row(testDescription: "too long", text: good + "A", verdict: nil),
  Row(testDescription: "no signature", text: "k1.1800000000.viewer-1.", verdict: nil),
  Row(testDescription: "three parts", text: "k1.1800000000.viewer-1", verdict: nil),
  Row(testDescription: "five parts", text: good + ".x", verdict: nil),
  Row(testDescription: "leading zero", text: good.replacing("18000", with: "018000"), verdict: nil),
  Row(testDescription: "sign", text: good.replacing("18000", with: "+18000"), verdict: nil),
  Row(
    testDescription: "expiry of 13 digits",
    text: good.replacing("1800000000", with: "1800000000000"), verdict: nil),
  Row(testDescription: "no session", text: good.replacing("viewer-1", with: ""), verdict: nil),
  Row(testDescription: "separator", text: good.replacing("viewer-1", with: "a|b"), verdict: nil),
  Row(testDescription: "empty", text: "", verdict: nil),
]

@Suite("Playback tokens")
struct PlaybackTokenTests {
  private func keys() throws -> [TokenKey] {
    [
      try #require(TokenKey("k1:\(secret)")),
      try #require(TokenKey("k2:another-secret-of-thirty-two-characters")),
    ]
  }

  @Test("signature, stream, address and expiry decide", arguments: rows)
  fileprivate func verdict(row: Row) throws {
    let token = PlaybackToken(row.text)
    #expect(
      try token?.verdict(on: row.stream, by: row.peer, keys(), now: row.now) == row.verdict)
    #expect(token?.text ?? row.text == row.text)
  }

  @Test("a written token is that of another program, and each key writes its own")
  func writing() throws {
    let keys = try keys()
    let token = PlaybackToken(stream: "live", expiry: expiry, session: "viewer-1", key: keys[0])
    #expect(token.text == good && PlaybackToken(good) == token)
    let other = PlaybackToken(
      stream: "live", expiry: expiry, session: "viewer-1", address: viewer, key: keys[0])
    #expect(other.text == bound)
    let second = PlaybackToken(stream: "live", expiry: expiry, session: "v", key: keys[1])
    #expect(second.verdict(on: "live", by: viewer, keys, now: 0) == .valid(nil))
    #expect(second.verdict(on: "live", by: viewer, [keys[0]], now: 0) == .invalid)
    let session = PlaybackToken.newSession()
    #expect(PlaybackToken.isSession(session) && session != PlaybackToken.newSession())
  }

  @Test("a key has a name and a secret of 32 characters, and is printed without the secret")
  func key() throws {
    for text in ["", "k1", ":\(secret)", "k.1:\(secret)", "k1:short", "k1:\(secret) x"] {
      #expect(TokenKey(text) == nil, "\(text)")
    }
    let key = try #require(TokenKey("k1:\(secret):x"))
    var dumped = ""
    dump(key, to: &dumped)
    #expect("\(key)" == "k1" && !dumped.contains("48") && !String(reflecting: key).contains("48"))
  }
}
