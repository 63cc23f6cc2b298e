// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Streams
import TestSupport
import Testing

@testable import Configuration

/// Values of one option: some that it accepts, some that it does not.
private struct Row {
  let name: String
  let valid: [String]
  let wrong: [String]

  init(_ name: String, _ valid: String, not wrong: String = "") {
    self.name = name
    self.valid = valid.split(separator: " ").map(String.init)
    self.wrong = wrong.split(separator: " ").map(String.init)
  }
}

private let rows = [
  Row("device", "/dev/video0"), Row("audio", "tone none hw:1"),
  Row(
    "audio-tracks", "1 16 de,en #2,de+visual-impaired=Bild* #3/gsw und",
    not: "0 17 De de,, d german de+x #0 de*,en* +main"),
  Row("audio-copy", "none opus ac3,eac3,flac,opus", not: "aac opus, none,opus ac3,ac3"),
  Row("input", "rtsp://h/x clip.ts -", not: "ftp://h/x srt://h:1?passphrase=short"),
  Row("relay", "http://h:8080/live/ https://h", not: "rtsp://h/x h:8080 http://h/playlist.m3u8"),
  Row("relay-verify", "system none ca.pem"), Row("failback", "0 2.5 3600", not: "-1 3601 x"),
  Row("source", "uploads rtmp srt", not: "Relay"),
  Row("rtsp-transport", "tcp udp", not: "TCP http"),
  Row("rtsp-timeout", "1 2.5 120", not: "0.9 121"), Row("slate", "slate.png"),
  Row("passthrough", "auto always never", not: "yes"),
  Row("max-gop", "0.1 4 20", not: "0.09 20.1 x"), Row("isolation", "process none", not: "yes"),
  Row("rtmp", "1935 :1935 h h: [::1]:1 0.0.0.0:0", not: "h:x 65536 h:1:2 [::1 ::1 h/x"),
  Row("rtmps", "443", not: "h:x"),
  Row("srt", "9000 :9000 [::1]:1", not: "h:x"), Row("srt-latency", "20 10000", not: "19 10001"),
  Row("publish", "loopback key open", not: "all"),
  Row("on-publish", "http://h https://h:81/a?b HTTP://[::1]:8/", not: "ftp://h h:1 http://a@h"),
  Row("on-unpublish", "http://h/x", not: "http:// http://h:0 http://h/#a"),
  Row("publish-key", "k aB3._~-x", not: "a/b ä"),
  Row("publish-certificate", "gate CN=gate,O=Example *", not: "\u{7}"),
  Row("takeover", "silent always", not: "never"),
  Row("srt-passphrase", "ten-letters", not: "too-short"),
  Row("rtmp-path", "live/stream a/b/c", not: "live /b a//b"),
  Row("resolution", "64x64 1280x720", not: "641x360 720 62x64"),
  Row("framerate", "1 29.97 30000/1001 120", not: "0.5 121 30/0"),
  Row("bitrate", "50 100000", not: "49 100001 2.5"),
  Row("rendition", "640x360@700 640@50", not: "640x360 640@49 x@700"),
  Row("intra-interval", "1 2400", not: "0 2401"), Row("encoder", "h264_nvenc", not: "a/b"),
  Row("preset", "p1 ultrafast", not: "a.b"), Row("overlay", "{name}", not: "{time} {"),
  Row("overlay-font", "DejaVuSans.ttf"),
  Row("segment-duration", "0.1 1.001 20", not: "0.09 20.1 1s"),
  Row("part-duration", "0.01 20", not: "0.009 9s 0.1234567"),
  Row("playlist", "ll chunked", not: "LL hls"),
  Row("playlist-length", "6 3600", not: "5 3601 6.0"),
  Row("max-files", "8 7200", not: "7 7201"), Row("hold-back", "0.02 30", not: "0.01 31"),
  Row("target-latency", "0.1 60", not: "0.09 61"), Row("prefill", "0 3600", not: "-1 3601"),
  Row("numbering", "epoch run", not: "Run"), Row("name", "a.B_c-9", not: "a/b api x.mpd"),
  Row(
    "captions", "en en*,de,pt-br zh-Hant-TW deu* none",
    not: "english e en, en*,de* en,eng x1 en-x en_US en**"),
  Row(
    "closed-captions", "CC1=en CC1=en*,CC3=de SERVICE1=pt-br none",
    not: "CC5=en CC1 CC1=en,CC1=de CC1=en*,CC2=de* SERVICE64=en CC1=e"),
  Row("encryption", "cbcs none", not: "cenc"),
  Row("encryption-keys", "keys.json https://h/speke", not: "http://h/speke -"),
  Row("encryption-rotate", "10m 2s", not: "10"),
  Row("encryption-certificate", "c.pem"), Row("encryption-authority", "a.pem"),
  Row("timestamps", "1 7200", not: "0 7201"),
  Row(
    "push",
    "rtmp://h/a/k rtmps://h/a/k srt://h:1?streamid=x cmaf+http://h/p cmaf+https://u:p@h/{track}",
    not: "http://h/p srt://h srt://h:1?mode=listener udp://h:1 cmaf+ftp://h x"),
  Row("push-verify", "system none ca.pem"), Row("client-cert", "cert.pem"),
  Row("client-key", "key.pem"), Row("host", "::1 localhost"),
  Row("http-port", "0 65535 off", not: "65536 -1 http"),
  Row("https-port", "0 65535", not: "65536 off"),
  Row("congestion", "bbr cubic system tcp_x-9", not: "b/r sixteen-letters-"),
  Row("tls-cert", "c.pem"),
  Row("tls-key", "k.pem"), Row("tls-chain", "c.pem"),
  Row("client-ca", "c.pem"), Row("client-crl", "c.pem"),
  Row("admin-token", "0123456789abcdef", not: "short"),
  Row("stats", "token open loopback", not: "all"),
  Row("metrics", "token open loopback", not: "all"),
  Row("timestamps-access", "token open loopback", not: "all"),
  Row("public-url", "https://h/x HTTP://h:1/", not: "ftp://h http:///x http://h/?q"),
  Row("time-displacement", "0 60", not: "-1 61"),
  Row("wait-for-absent-segment", "true false", not: "maybe"), Row("stats-dir", "d"),
  Row("archive", "d"),
  Row(
    "archive-objects", "https://s3.example.com/b/p http://[::1]:9000/b/",
    not: "https://s3.example.com ftp://h/b https://u:p@h/b https://h/b?q https://h/../b"),
  Row("archive-objects-credentials", "f"),
  Row("archive-objects-public", "https://cdn.example.com/b", not: "cdn.example.com/b"),
  Row("archive-keep", "0 90s 15m 4h 7d 10000d", not: "7 -1h 1.5h 10001d d"),
  Row("archive-limit", "1M 500G 1000T", not: "0G 1001T 5 1.5G 5g"),
  Row("archive-floor", "0 24h 7d 1M 500G", not: "24 -1h 1.5h 10001d 0G 5g"),
  Row("archive-renditions", "all top none", not: "All"),
  Row(
    "archive-heal", "https://other/live/ http://u:p@127.0.0.1:8080/t/abc/live/",
    not: "https://other/live other/ ftp://other/ https://other/?a=/"),
  Row("dvr", "0 4h", not: "4 x"),
  Row("dvr-list", "30m 2h", not: "2"),
  Row("dashjs", "d.js"),
  Row("hlsjs", "h.js"),
  Row(
    "trusted-proxy", "127.0.0.1 10.0.0.0/8 2001:db8::/32 ::1", not: "10.0.0.0/33 localhost 1.2.3"),
  Row("checking-proxy", "127.0.0.1 ::1", not: "localhost"),
  Row(
    "playback-key", "k1:0123456789abcdef0123456789abcdef",
    not: "k1:short k.1:0123456789abcdef0123456789abcdef 0123456789abcdef0123456789abcdef"),
  Row("viewers", "everybody password links", not: "all Password"),
  Row(
    "viewer-password",
    "scrypt:15:8:1:MDEyMzQ1Njc4OWFiY2RlZg:oe907U2nbdCoy5CK9wYieuM8_-Xvd-g9a1luM-Pa0bE",
    not: "/absent/hash scrypt:99:8:1:AAAA:AAAA scrypt:10:8:1:x"),
  Row("jwt-key", "k.pem"), Row("api-host", "live.example a-b", not: "h:80 a/b a_b"),
  Row(
    "websocket-origin", "https://example.com http://[::1]:8080",
    not: "example.com ftp://h https:// https://h/x https://a://b"),
  Row("max-connections", "1 1000000", not: "0 1000001"),
  Row("max-address-connections", "1 1000000", not: "0"),
  Row("max-held-requests", "1 100000", not: "0 100001"),
  Row("max-streams", "1 100000", not: "0"), Row("max-running-streams", "1 100000", not: "0"),
  Row("max-stream-starts", "1 100000", not: "0"), Row("max-published", "1 100000", not: "0"),
  Row("max-log-lines", "1 1000000", not: "0"),
  Row("max-frame-size", "64x64 8192x4320 16384x16384", not: "63x64 16385x64 720"),
  Row("max-source-memory", "64 1000000", not: "63"),
  Row("max-window-size", "8 1000000", not: "7"),
  Row("uploads-window", "1,10 32,120 100000,86400", not: "0,10 32 32,9 32,120,1 -1,20"),

  Row("max-decoder-errors", "1 1000000", not: "0"),
  Row("max-head-bytes", "1024 65535", not: "1023 65536"),
  Row("max-head-fields", "4 1000", not: "3"), Row("max-uri-bytes", "64 32768", not: "63"),
  Row("max-body-bytes", "0 1073741824", not: "-1"), Row("min-body-rate", "0 1000000", not: "x"),
  Row("min-send-rate", "0 1000000", not: "x"),
  Row("max-queued-bytes", "65536 1073741824", not: "65535"),
  Row("max-past-media", "1 32 1000000", not: "0"),
  Row("head-timeout", "0.1 0.123456789 3600", not: "0.09 3601"),
  Row("body-timeout", "10", not: "0"), Row("handshake-timeout", "10", not: "0"),
  Row("idle-timeout", "10", not: "0"), Row("stall-timeout", "10", not: "0"),
  Row("hold-timeout", "0.1 3600", not: "0"), Row("log-format", "text json", not: "JSON"),
  Row("log-level", "debug INFO Warning error", not: "all"), Row("access-log", "a.log"),
  Row("on-event", "http://h/x https://h:9/x?y", not: "http:// http://h:0 http://h/#a"),
  Row("event-key", "key.txt"),
]

@Suite("The options, as data")
struct OptionTests {
  /// An option and the entries that a flag, a variable and a key make of a value.
  private func entries(_ option: Option, _ value: String) -> [Result<String, UsageError>] {
    let key = JSONValue.object([option.keys[0]: .string(value)])
    return [
      Result { () throws(UsageError) in
        try CommandLineReader.entries(["--\(option.name)", value])
      },
      Result { () throws(UsageError) in
        try EnvironmentReader([option.variables[0]: value]).entries
      },
      Result { () throws(UsageError) in
        var reader = try KeyReader(key, at: KeyReader.Location(file: "c.json", folder: ""))
        reader.takeTable { _ in true }
        if let fault = UsageError(all: reader.faults) { throw fault }
        return reader.entries
      },
    ].map { $0.map { entries in entries.map { "\($0.option.name)=\($0.value)" }.joined() } }
  }

  @Test("each option with a value is tested here")
  func complete() {
    let toggles = ["true or false"]
    let names = Option.table.filter { option in
      option.isKey && (option.placeholder != nil || !toggles.contains(option.expected))
    }.map(\.name)
    #expect(names == rows.map(\.name))
  }

  @Test("flag, variable and key accept the same values")
  func valid() throws {
    for row in rows {
      let option = try #require(Option.named(row.name))
      for value in row.valid {
        for entry in entries(option, value) {
          #expect((try? entry.get()) == "\(row.name)=\(value)", "\(row.name) \(value): \(entry)")
        }
      }
    }
  }

  @Test("flag, variable and key refuse the same values, with the expected ones in the error")
  func wrong() throws {
    var lines: [String] = []
    for row in rows {
      let option = try #require(Option.named(row.name))
      for value in row.wrong {
        for entry in entries(option, value) {
          guard case .failure(let error) = entry else {
            Issue.record("\(row.name) accepts \(value)")
            continue
          }
          lines.append("\(error)")
        }
      }
    }
    Golden.expect(lines.joined(separator: "\n") + "\n", equals: "errors.txt")
  }

  @Test("an empty value is wrong for each option with a value")
  func empty() {
    for option in Option.table where option.placeholder != nil {
      #expect(option.change("") == nil, "--\(option.name)")
      #expect(!option.expected.isEmpty, "--\(option.name)")
    }
  }

  @Test("a toggle is true as a flag; true or false in files and in the environment")
  func toggles() throws {
    for option in Option.table where option.placeholder == nil && option.isKey {
      #expect(option.form == .boolean, "--\(option.name)")
      #expect(try CommandLineReader.entries(["--\(option.name)"]).map(\.value) == ["true"])
      for value in ["true", "FALSE"] {
        let read = try EnvironmentReader([option.variables[0]: value]).entries.map(\.value)
        #expect(read == [value.lowercased()])
      }
      #expect(option.change("perhaps") == nil, "--\(option.name)")
    }
  }

  @Test("flags, letters, keys and variables are distinct")
  func distinct() {
    let table = Option.table
    let lists: [[String]] = [
      table.flatMap { [$0.name] + $0.aliases }, table.compactMap { $0.letter.map(String.init) },
      table.flatMap(\.keys), table.flatMap(\.variables),
    ]
    for names in lists { #expect(Set(names).count == names.count) }
  }

  @Test("each default is a value that its option accepts, if it is a single value")
  func defaults() throws {
    for option in Option.table {
      guard let text = option.defaultText, !text.contains(" ") else { continue }
      #expect(option.change(text) != nil, "--\(option.name) \(text)")
    }
  }

  @Test("scripts for webcams keep their flags")
  func aliases() throws {
    let (found, error) = outcome(
      "--http-host 127.0.0.1 --speed-preset ultrafast --key-int-max 15 --log-level INFO")
    let definition = try #require(found, "\(error)")
    #expect(definition.settings.host == "127.0.0.1" && definition.settings.logLevel == .info)
    #expect(definition.streams[0].settings.preset == "ultrafast")
    #expect(definition.streams[0].configuration.keyDistance == 15)
  }

  @Test("a secret is not in the error text")
  func secret() {
    #expect(
      outcome("--admin-token hunter2").error.hasPrefix(#"--admin-token: invalid value "***""#))
  }
}
