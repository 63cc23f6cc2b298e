// SPDX-License-Identifier: Apache-2.0

import Net
import System
import Testing
import Time

@testable import Access

private let local = PeerAddress(high: 0, low: 0x7f00_0001, port: 4000, isVersion6: false)
private let remote = PeerAddress(high: 0, low: 0xc000_0201, port: 4000, isVersion6: false)
private let key = "correct-horse-battery"
private let studio = FailedAttempts.Subject.stream("studio")

/// The refusal of an address that must wait, with the time for `Retry-After`.
private func wait(_ milliseconds: Int64) -> AccessRefusal {
  .tooManyFailures(wait: .milliseconds(milliseconds))
}

/// A client and the decision about it.
private struct Row: Sendable, CustomTestStringConvertible {
  var mode = KeylessAccess.Mode.loopback
  var key: String?
  var peer = remote
  var given: String?
  let refusal: AccessRefusal?

  var testDescription: String { "\(mode), key \(key ?? "-"), \(peer) gives \(given ?? "-")" }
}

private let rows = [
  Row(peer: local, refusal: nil), Row(refusal: .notLocal), Row(given: key, refusal: .notLocal),
  Row(key: key, peer: local, refusal: .missing), Row(key: key, given: key, refusal: nil),
  Row(key: key, given: key + "x", refusal: .invalid), Row(key: key, given: "", refusal: .invalid),
  Row(mode: .open, refusal: nil), Row(mode: .open, key: key, refusal: .missing),
  Row(mode: .key, peer: local, refusal: .missing),
  Row(mode: .key, peer: local, given: key, refusal: .missing),
]

@Suite("Access of publishers")
struct PublishCheckTests {
  @Test("mode, key and address decide", arguments: rows)
  fileprivate func decision(row: Row) {
    let publishCheck = PublishCheck(KeylessAccess(row.mode))
    let decision = publishCheck.decide(
      on: row.given, key: row.key.map { SecretDigest($0) }, by: row.peer, for: studio, at: .origin)
    #expect(decision.refusal == row.refusal)
  }

  @Test("a publish token permits its stream, and a wrong one is a failure of the address")
  func tokens() {
    let publishCheck = PublishCheck(KeylessAccess(.key))
    let digest = SecretDigest(key)
    let token = PublishToken(stream: "studio", expiry: 1000, key: digest).text
    func decide(_ token: String, _ key: SecretDigest?, _ seconds: Int64 = 0) -> AccessRefusal? {
      publishCheck.decide(
        onToken: token, key: key, stream: "studio", by: remote, at: .origin, seconds: seconds
      ).refusal
    }
    #expect(decide(token, digest) == nil)
    #expect(decide(token, nil) == .invalid)
    #expect(decide(token, digest, 5000) == .expired)
    for _ in 0..<4 { #expect(decide("p.1000.x", digest) == .invalid) }
    #expect(decide("p.1000.x", digest) == wait(60_000))
    #expect(decide(token, digest) == nil, "no client can guess a token")
  }

  @Test("a digest is the SHA-256 of the key")
  func digest() {
    #expect(
      SecretDigest("abc").text
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(SecretDigest("abc").matches("abc") && !SecretDigest("abc").matches("abd"))
  }

  @Test("after five wrong keys an address waits a minute, with a right short key too")
  func attempts() {
    let key = "fifteen-letters"
    let publishCheck = PublishCheck(KeylessAccess(.loopback))
    var now = MonotonicTime.origin
    func ask(_ given: String?, of peer: PeerAddress = remote) -> AccessRefusal? {
      publishCheck.decide(on: given, key: SecretDigest(key), by: peer, for: studio, at: now).refusal
    }
    for _ in 0..<4 { #expect(ask("wrong") == .invalid) }
    #expect(ask(key) == nil)
    for _ in 0..<5 {
      #expect(ask(nil) == .missing)
      #expect(ask("wrong") == .invalid)
    }
    let otherPort = PeerAddress(high: 0, low: 0xc000_0201, port: 4001, isVersion6: false)
    #expect(ask(key) == wait(60_000) && ask(key, of: otherPort) == wait(60_000))
    #expect(ask(key, of: local) == nil)
    now += FailedAttempts.waitingTime - .milliseconds(1)
    #expect(ask(key) == wait(1))
    now += .milliseconds(1)
    #expect(ask(key) == nil)
    #expect(publishCheck.attempts.count(.publishing) == 4 + 10 + 3)
  }

  @Test(
    "a right key of 16 characters waits for no short one, and ends no wait",
    arguments: [(key, true), ("sixteen--letters", true), ("app/sixteen--letters", true)]
      + [("fifteen-letters", false), ("app/fifteen-letters", false), ("application/key", false)])
  func longKey(key: String, isLong: Bool) {
    let publishCheck = PublishCheck(KeylessAccess(.loopback))
    func ask(_ given: String) -> AccessRefusal? {
      publishCheck.decide(
        on: given, key: SecretDigest(key), by: remote, for: studio, at: .origin
      ).refusal
    }
    for _ in 0..<5 { #expect(ask("wrong") == .invalid) }
    for _ in 0..<2 {
      #expect(ask(key) == (isLong ? nil : wait(60_000)))
      #expect(ask("wrong") == wait(60_000) && ask("app/wrong") == wait(60_000))
    }
  }

  @Test("of wrong keys of 16 characters an address that waits has one compared in a second")
  func guesses() {
    let publishCheck = PublishCheck(KeylessAccess(.loopback))
    var now = MonotonicTime.origin
    func ask(_ given: String, of peer: PeerAddress = remote) -> AccessRefusal? {
      publishCheck.decide(on: given, key: SecretDigest(key), by: peer, for: studio, at: now).refusal
    }
    for _ in 0..<5 { #expect(ask("wrong") == .invalid) }
    for _ in 0..<3 {
      #expect(ask(key) == nil && ask(key) == nil)
      #expect(ask(key + "x") == wait(1000))
      for step: Int64 in 0..<9 {
        // bounded: at most 9
        let rest = wait(1000 - 100 * step)
        #expect(ask(key) == rest && ask(key + "x") == rest)
        #expect(ask(key, of: local) == nil)
        now += .milliseconds(100)
      }
      // Refused guesses do not make the wait longer.
      now += .milliseconds(100)
    }
    // A failure that another check has found permits no further guess.
    #expect(ask(key + "x") == wait(1000))
    publishCheck.attempts.fail(remote, for: studio, at: now)
    #expect(ask(key) == wait(1000))
  }

  @Test("a right key of one stream ends no wait for another, and failures are those of one stream")
  func otherStreams() {
    let publishCheck = PublishCheck(KeylessAccess(.loopback))
    func ask(_ given: String, _ key: String, _ subject: FailedAttempts.Subject)
      -> AccessRefusal?
    {
      publishCheck.decide(
        on: given, key: SecretDigest(key), by: remote, for: subject, at: .origin
      ).refusal
    }
    let own = FailedAttempts.Subject.stream("own")
    for _ in 0..<5 {
      #expect(ask("guess", "sesame", studio) == .invalid)
      #expect(ask(key, key, own) == nil)
    }
    #expect(ask("sesame", "sesame", studio) == wait(60_000) && ask(key, key, own) == nil)
    // A path of one stream is no proof about the paths of others, nor a key about a passphrase.
    for _ in 0..<5 {
      #expect(ask("app/guess", "app/other", .paths) == .invalid)
      guard publishCheck.attempts.wait(of: remote, for: .paths, at: .origin) == nil else { break }
      #expect(ask("app/own", "app/own", .paths) == nil)
    }
    #expect(ask("app/own", "app/own", .paths) == wait(60_000))
    for _ in 0..<5 { publishCheck.attempts.fail(remote, for: .passphrase("own"), at: .origin) }
    #expect(ask(key, key, own) == nil)
    #expect(publishCheck.attempts.wait(of: remote, for: .passphrase("own"), at: .origin) != nil)
  }

  @Test("the number of kept addresses is bounded; the oldest is forgotten")
  func bounded() {
    var attempts = FailedAttempts()
    var now = MonotonicTime.origin
    for index in 0..<10_000 {
      let peer = PeerAddress(
        high: 0, low: 0x0a00_0000 + UInt64(index), port: 1, isVersion6: false)
      for _ in 0..<(index % 4096 == 0 ? 5 : 1) { attempts.fail(peer, for: studio, at: now) }
      now += .milliseconds(1)
    }
    let last = PeerAddress(high: 0, low: 0x0a00_0000 + 8192, port: 1, isVersion6: false)
    let first = PeerAddress(high: 0, low: 0x0a00_0000, port: 1, isVersion6: false)
    #expect(attempts.wait(of: last, for: studio, at: now) != nil)
    #expect(attempts.wait(of: first, for: studio, at: now) == nil)
  }
}
