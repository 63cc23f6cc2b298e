// SPDX-License-Identifier: Apache-2.0

import Net
import Push
import Testing

@Suite("The receivers of a stream")
struct PushTargetTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let text: String
    let shown: String
    var testDescription: String { shown }
  }

  static let shown = [
    Row(text: "rtmp://a.example.com/live2/abcd-1234", shown: "rtmp://a.example.com/live2/***"),
    Row(text: "RTMPS://host:443/app/key", shown: "rtmps://host:443/app/***"),
    Row(
      text: "srt://host:9000?streamid=live/key&latency=20000&passphrase=0123456789",
      shown: "srt://host:9000?streamid=***&latency=20000&passphrase=***"),
    Row(text: "cmaf+http://host:8080/live", shown: "cmaf+http://host:8080/live"),
    Row(
      text: "cmaf+https://user:secret@host/in/?token=secret",
      shown: "cmaf+https://***@host/in/?token=***"),
    Row(text: "cmaf+https://host/in/secret/live", shown: "cmaf+https://host/in/***"),
    Row(text: "CMAF+http://host:8080/in/secret?a=b", shown: "cmaf+http://host:8080/in/***?a=***"),
    Row(
      text: "cmaf+https://host/0123456789abcdef0123456789abcdef", shown: "cmaf+https://host/***"),
    Row(
      text: "cmaf+https://u:p@host/Streams({track})",
      shown: "cmaf+https://***@host/Streams({track})"),
  ]

  @Test("are shown without keys, credentials and queries", arguments: shown)
  func redacted(_ row: Row) throws {
    let target = try #require(PushTarget(row.text))
    #expect("\(target.address)" == row.shown)
  }

  @Test(
    "are refused with another protocol, or as listeners",
    arguments: [
      "", "http://host/live", "https://host/live", "udp://host:1", "file:///tmp/x", "/tmp/x",
      "rtsp://host/live", "srt://host", "srt://:9000?mode=listener", "srt://host:1?mode=listener",
      "srt://host:1?mode=rendezvous", "srt://host:1?passphrase=short", "cmaf+http://",
      "cmaf+rtmp://host/a/b", "cmaf+https://host/a#b", "rtmp://host/a/b unknown",
      "rtmp://host/a/b renditions=", "rtmp://host/a/b renditions=all",
      "rtmp://host/a/b renditions=720p,360p", "cmaf+http://host/a renditions=720p,720p",
    ])
  func refused(_ text: String) { #expect(PushTarget(text) == nil) }

  @Test("choose renditions and audio by words after the address")
  func words() throws {
    let all = try #require(
      PushTarget("cmaf+http://host/live renditions=720p,360p audio=none stopped"))
    #expect(all.renditions == .named(["720p", "360p"]))
    #expect(all.audio == .none)
    #expect(all.isStopped)
    let one = try #require(PushTarget("srt://host:1 renditions=360p audio=audio-de"))
    #expect(one.renditions == .named(["360p"]))
    #expect(one.audio == .named("audio-de"))
    let usual = try #require(PushTarget("rtmp://host/app/key"))
    #expect(usual.renditions == .top && usual.audio == .standard && !usual.isStopped)
  }

  @Test("of CMAF have one URL for each track: DASH-IF Live Media Ingest 1.2 §5.5")
  func urls() throws {
    let plain = try #require(PushAddress("cmaf+http://host/live?token=x"))
    let video = try #require(plain.url(of: "720p", isAudio: false))
    #expect(video.target == "/live/720p.cmfv?token=x")
    let named = try #require(PushAddress("cmaf+https://u:p@host/in/Streams({track})"))
    let audio = try #require(named.url(of: "audio", isAudio: true))
    #expect(audio.target == "/in/Streams(audio.cmfa)")
    #expect(audio.userInfo == "u:p")
    #expect(audio.origin.isSecure && audio.origin.port == 443)
  }
}
