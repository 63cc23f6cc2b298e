// SPDX-License-Identifier: Apache-2.0

import Access
import Configuration
import Logging
import Net
import System
import Testing
import Time

private let secret = "0123456789abcdef0123456789abcdef"

@Suite("streamer token, and keys of playback tokens")
struct TokenCommandTests {
  private let now = WallTime.origin + .seconds(1_800_000_000)
  private let peer = PeerAddress(high: 0, low: 0xc000_0207, port: 1, isVersion6: false)

  private func outcome(_ line: String, _ environment: [String: String] = [:]) -> String {
    let arguments = line.split(separator: " ").map(String.init)
    do throws(UsageError) {
      return try TokenCommand(arguments, environment: environment).text(now: now)
    } catch { return "\(error)" }
  }

  private func token(_ line: String, _ environment: [String: String] = [:]) throws -> PlaybackToken
  {
    let text = outcome(line, environment)
    return try #require(PlaybackToken(text.dropFirst(3).dropLast()), "\(text)")
  }

  @Test("the token has the stream, the expiry, the address and the session of the flags")
  func flags() throws {
    let keys = try ["k1", "k2"].map { try #require(TokenKey("\($0):\(secret)")) }
    let plain = try token("--key k1:\(secret)")
    #expect(plain.expiry == 1_800_003_600 && plain.key == "k1")
    #expect(plain.verdict(on: "live", by: peer, keys, now: 1_800_000_000) == .valid(nil))
    let other = try token(
      "--stream yard --key=k2:\(secret) --expires 60 --address 192.0.2.7 --session bob")
    #expect(other.expiry == 1_800_000_060 && other.session == "bob")
    #expect(other.verdict(on: "yard", by: peer, keys, now: 1_800_000_000) == .valid(peer.owner))
    #expect(other.verdict(on: "yard", by: .none, keys, now: 1_800_000_000) == .invalid)
    #expect(outcome("--key k1:\(secret)").hasPrefix("/t/k1.1800003600."))
    #expect(outcome("--help").contains("--expires"))
  }

  @Test("the first key of the environment signs if no flag has a key")
  func environment() throws {
    let environment = ["STREAMER_PLAYBACK_KEY": "k2:\(secret) k1:\(secret)"]
    #expect(try token("", environment).key == "k2")
    #expect(try token("--key k3:\(secret)", environment).key == "k3")
    #expect(outcome("").hasPrefix("--key: missing value"))
    let wrong = outcome("", ["STREAMER_PLAYBACK_KEY": "k2:short"])
    #expect(wrong.hasPrefix("STREAMER_PLAYBACK_KEY: invalid value \"***\""), "\(wrong)")
  }

  @Test("a publish token is signed by the publish key, and permits one stream until its end")
  func publish() throws {
    let text = outcome("--publish --stream yard --expires 60 --key \(secret)")
    let token = try #require(PublishToken(text.dropLast()), "\(text)")
    let key = SecretDigest(secret)
    let now: Int64 = 1_800_000_000
    #expect(token.expiry == now + 60)
    #expect(token.refusal(on: "yard", key, now: now) == nil)
    #expect(token.refusal(on: "live", key, now: now) == .invalid)
    #expect(token.refusal(on: "yard", SecretDigest(secret + "x"), now: now) == .invalid)
    #expect(token.refusal(on: "yard", key, now: now + 119) == nil)
    #expect(token.refusal(on: "yard", key, now: now + 120) == .expired)
    let other = outcome("--publish", ["STREAMER_PUBLISH_KEY": secret])
    #expect(PublishToken(other.dropLast())?.refusal(on: "live", key, now: now) == nil)
    #expect(outcome("--publish --key short").hasPrefix("--key: invalid value \"***\""))
    #expect(outcome("--publish").hasPrefix("--key: missing value"))
    #expect(outcome("--publish --key \(secret) --session a").hasPrefix("--session: "))
    for text in ["p.1", "p.01.\(text.suffix(44).dropLast())", "q.1.x", "p.1.x", "p..x", ""] {
      #expect(PublishToken(text) == nil, "\(text)")
    }
  }

  @Test(
    "wrong values are refused, keys without their secret",
    arguments: [
      ("--key k1:short", "--key: invalid value \"***\""),
      ("--key", "--key: missing value"), ("--keys x", "--keys: unknown option"),
      ("live", "live: unknown option"), ("--stream api", "--stream: invalid value \"api\""),
      ("--expires 0", "--expires: invalid value \"0\" (expected 1–315360000 seconds)"),
      ("--expires 1h", "--expires: invalid value"), ("--address h", "--address: invalid value"),
      ("--session a.b", "--session: invalid value"),
    ])
  func errors(line: String, error: String) {
    #expect(outcome(line).hasPrefix(error), "\(outcome(line))")
  }

  @Test("keys of a stream replace those of all streams; a change does not restart the stream")
  func keys() throws {
    let folder = try Folder([
      "config.json": """
      {"playbackKey": ["k1:\(secret)", "k2:\(secret)"],
       "streams": [{"stream": "a", "testSrc": true},
                   {"stream": "b", "testSrc": true, "playbackKey": "k3:\(secret)"}]}
      """,
      "one.json": #"{"streams": [{"stream": "a", "testSrc": true}]}"#,
      "twice.json": """
      {"playbackKey": ["k1:\(secret)", "k1:\(secret)x"],
       "streams": [{"stream": "a", "testSrc": true}]}
      """,
    ])
    let (found, error) = folder.outcome()
    let streams = try #require(found, "\(error)").streams
    #expect(streams.map { $0.settings.playbackKeys.map(\.identifier) } == [["k1", "k2"], ["k3"]])
    let (other, otherError) = folder.outcome("one.json")
    let open = try #require(other, "\(otherError)").streams
    #expect(open[0].settings.requestedOptions == streams[0].settings.requestedOptions)
    #expect(open[0].settings.playbackKeys.isEmpty)
    let flags = [secret, secret + "x"].flatMap { ["--playback-key", "k1:\($0)"] }
    for twice in [folder.outcome("twice.json"), folder.outcome("one.json", flags)] {
      // As it is printed.
      let line = Redaction.redact(twice.error)
      #expect(
        line.hasSuffix(": *** and *** have the same KID \"k1\" (expected a KID per key)")
          && !line.contains(secret), "\(line)")
    }
  }

  @Test("a public key of JSON Web Tokens alone protects no stream: a note names the open streams")
  func openStreams() throws {
    let folder = try Folder([
      "key.pem": """
      -----BEGIN PUBLIC KEY-----
      MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJtxKrqsLOas/2BKL67tSETbIQR4W
      LiHPwhAx049lg4RP5tv2lUnEYbffIlQ+5O78zaRYu65u5gwz1HUnUjG3Mg==
      -----END PUBLIC KEY-----

      """,
      "config.json": """
      {"streams": [{"stream": "a", "testSrc": true},
                   {"stream": "b", "testSrc": true, "playbackKey": "k3:\(secret)"}]}
      """,
    ])
    let key = ["--jwt-key", folder.path + "/key.pem"]
    let notes = try #require(folder.outcome("config.json", key).definition).notes
    #expect(notes.count == 1 && notes[0].hasPrefix("--jwt-key alone protects no stream"))
    #expect(notes[0].contains("play a, which"))
    let keyed = folder.outcome("config.json", key + ["--playback-key", "k1:\(secret)"])
      .definition
    #expect(try #require(keyed).notes == [])
  }

  @Test("one note names the streams whose publish keys can be guessed")
  func shortKeys() throws {
    let folder = try Folder([
      "config.json": """
      {"rtmp": 0, "publish": "key", "streams": [
        {"stream": "a", "publishKey": "fifteen-letters"}, {"stream": "b", "rtmp": "app/stream"},
        {"stream": "c", "publishKey": "sixteen--letters"},
        {"stream": "d", "rtmp": "app/sixteen--letters"}]}
      """
    ])
    let notes = try #require(folder.outcome("config.json").definition).notes
    #expect(notes.count == 1)
    #expect(notes[0].hasPrefix("the publish key of a, b has fewer than 16 characters"))
    let open = try #require(folder.outcome("config.json", ["--publish", "open"]).definition).notes
    #expect(open.count == 1 && open[0].hasPrefix("the publish key of a has fewer"))
  }
}
