// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTP
import Media
import Packaging
import ServerTestSupport
import TestSupport
import Testing
import Time

@testable import Server

@Suite("Captions of a stream, from the request with a cue to what viewers get")
struct CaptionTests {
  private static let token = "correct-horse-battery"
  private static let tracks = ["en", "de"].compactMap { LanguageTag($0) }.enumerated()
    .map { CaptionTrack($1, isDefault: $0 == 0) }

  private func handler() throws -> SyntheticHandler {
    var options = ServingOptions()
    options.adminToken = Self.token
    var serving = StreamServingOptions()
    serving.captions = StreamCaptions(Self.tracks, now: .origin)
    let handler = try SyntheticHandler(options: options, serving: serving)
    handler.goLive()
    return handler
  }

  /// The dates of a synthetic stream are not those of the wall clock, by which requests are judged.
  @discardableResult
  private func add(
    _ handler: SyntheticHandler, _ text: String, at start: WallTime, lasting: Interval,
    to track: Int = 0
  ) throws -> Cue {
    let captions = try #require(handler.served.options.captions)
    return try captions.add(
      CueStore.NewCue(try CueText(text), start: start, duration: lasting),
      to: Self.tracks[track], handler.stream.window.snapshot, wall: start, now: .origin)
  }

  private func post(
    _ handler: SyntheticHandler, _ body: String, query: String = "?lang=en",
    method: String = "POST", stream: String = "live", isPermitted: Bool = true
  ) throws -> FakeExchange {
    try handler.ask(
      "/api/streams/\(stream)/captions\(query)", method: method,
      isPermitted ? ["Authorization: Bearer \(Self.token)"] : [], body: body)
  }

  private func open(_ handler: SyntheticHandler) throws -> OpenSegment {
    handler.stream.publish(parts: 1)
    handler.requests.woken()
    return try #require(handler.stream.window.snapshot.open)
  }

  @Test("a cue of now is created; no token 401, another stream 404, another method 405")
  func created() throws {
    let handler = try handler()
    let body = #"{"text": "Hello", "duration": 1000}"#
    let exchange = try post(handler, body)
    #expect(exchange.status == 201 && exchange.text.hasPrefix(#"{"id": "#), "\(exchange.text)")
    #expect(try post(handler, body, isPermitted: false).status == 401)
    #expect(try post(handler, body, stream: "other").status == 404)
    #expect(try post(handler, body, method: "PUT").status == 405)
    for query in ["", "?lang=fr", "?lang=english", "?lang=en%22"] {
      #expect(try post(handler, body, query: query).status == 400, "\(query)")
    }
    for _ in 0..<49 { _ = try post(handler, body) }
    #expect(try post(handler, body).status == 429)
    handler.stream.window.end()
    #expect(try post(handler, body).status == 409)
  }

  @Test("a stream without captions takes no cue, and has no text renditions")
  func none() throws {
    var options = ServingOptions()
    options.adminToken = Self.token
    let handler = try SyntheticHandler(options: options)
    handler.goLive()
    #expect(try post(handler, #"{"text": "Hello", "duration": 1000}"#).status == 404)
    for file in ["playlist.m3u8", "cues.json", "segment1.vtt"] {
      #expect(try handler.ask("/live/captions-en/\(file)").status == 404)
    }
    #expect(try handler.ask("/live/playlist.m3u8").text.contains("#EXT-X-PART-INF"))
    #expect(try !handler.ask("/live/timestamps.json").text.contains("captions"))
  }

  @Test("the segments that are complete have the cue, with its media time; then it is final")
  func segments() throws {
    let handler = try handler()
    let open = try open(handler)
    let start = open.programDateTime + .milliseconds(700)
    try add(handler, "<b>Hello", at: start, lasting: .seconds(1))
    let base = "/live/captions-en/segment\(open.number)"
    let held = try handler.ask(base + ".vtt")
    #expect(held.isHeld, "not complete")
    handler.publish(parts: 5)
    #expect(held.isHeld)
    handler.stream.publish(segments: 2)
    handler.requests.woken()
    let response = try handler.ask(base + ".vtt")
    #expect(held.text == response.text)
    #expect(response.header("content-type") == "text/vtt; charset=utf-8")
    #expect(response.header("cache-control") == "public, max-age=3600, immutable")
    #expect(response.text.contains("\n&lt;b&gt;Hello\n"))
    let next = try handler.ask("/live/captions-en/segment\(open.number + 1).vtt").text
    #expect(next == response.text, "the same cue in both segments")
    #expect(try handler.ask("/live/captions-en/segment\(open.number - 1).vtt").text == "WEBVTT\n\n")
    #expect(try handler.ask("/live/captions-de/segment\(open.number).vtt").text == "WEBVTT\n\n")
    try add(handler, "late", at: open.programDateTime, lasting: .seconds(1))
    #expect(try handler.ask(base + ".vtt").text == response.text)
    for name in ["segment\(open.number).0.m4s", "init-0.mp4"] {
      #expect(try handler.ask("/live/captions-en/\(name)").status == 404)
    }
    let media = try handler.ask(base + ".m4s")
    #expect(media.header("content-type") == "application/mp4" && media.text.contains("payl&lt;b"))
    let hash = TextHeader.hash(
      Self.tracks[0].language.language, timescale: handler.stream.window.segmentation.timescale)
    let header = try handler.ask("/live/captions-en/init-\(hash).mp4")
    #expect(header.status == 200 && header.text.contains("wvtt"))
    #expect(try handler.ask("/live/captions-de/init-\(hash).mp4").status == 404)
    #expect(try handler.ask("/live/manifest.mpd").text.contains("captions-en\" codecs=\"wvtt\""))
    #expect(try handler.ask("/live/video/segment\(open.number).vtt").status == 404)
    let early = try handler.ask("/live/captions-en/segment\(open.number + 9).vtt")
    handler.endPause()
    #expect(early.status == 425 && early.header("retry-after") != nil)
  }

  @Test("the Multivariant Playlist of one rendition names them; the chunked playlist does not")
  func multivariant() throws {
    let handler = try handler()
    let text = try handler.ask("/live/playlist.m3u8").text
    #expect(text.components(separatedBy: "TYPE=SUBTITLES").count == 3)
    #expect(text.contains("video/playlist.m3u8\n") && text.contains("SUBTITLES=\"captions\""))
    #expect(try handler.ask("/live.m3u8").text.contains("URI=\"live/captions-de/playlist.m3u8\""))
    #expect(try !handler.ask("/live/chunked.m3u8").text.contains("SUBTITLES"))
    let video = try handler.ask("/live/video/playlist.m3u8").text
    #expect(video.contains("#EXT-X-RENDITION-REPORT:URI=\"../captions-en/playlist.m3u8\""))
    let member =
      #""captions":[{"language":"en","name":"English","default":true,"#
      + #""cues":"captions-en/cues.json"}"#
    #expect(try handler.ask("/live/timestamps.json").text.contains(member))
  }

  @Test("a playlist request is held until its segment is complete; a part index has no meaning")
  func blocking() throws {
    let handler = try handler()
    let open = try open(handler)
    let path = "/live/captions-en/playlist.m3u8"
    let held = try handler.ask(path + "?_HLS_msn=\(open.number)")
    let part = try handler.ask(path + "?_HLS_msn=\(open.number)&_HLS_part=0")
    let plain = try handler.ask(path)
    #expect(held.isHeld && part.isHeld && plain.status == 200)
    #expect(!plain.text.contains("segment\(open.number).vtt"))
    handler.stream.publish(parts: 5)
    handler.requests.woken()
    #expect(held.isHeld && part.isHeld)
    handler.stream.publish(parts: 5)
    handler.requests.woken()
    for response in [held, part] {
      #expect(response.status == 200 && response.text.contains("\nsegment\(open.number).vtt\n"))
    }
    let other = try handler.ask("/live/captions-de/playlist.m3u8")
    #expect(other.text.contains("../captions-en/playlist.m3u8"))
    #expect(!held.text.contains("../captions-en/playlist.m3u8"))
    #expect(held.header("etag") != other.header("etag"))
    #expect(try handler.ask(path + "?_HLS_msn=\(open.number + 50)").status == 400)
    let zipped = try handler.ask(path, ["Accept-Encoding: gzip"])
    #expect(zipped.header("content-encoding") == "gzip")
    let delta = try handler.ask(path + "?_HLS_skip=YES")
    #expect(delta.text.contains("#EXT-X-SKIP:") && !delta.text.contains(".m4s"))
    let waiting = try handler.ask(path + "?_HLS_msn=\(open.number + 1)")
    handler.stream.window.end()
    handler.requests.woken()
    #expect(waiting.text.hasSuffix("#EXT-X-ENDLIST\n") && waiting.text.contains(".vtt"))
  }

  @Test("a poll with the newest revision is held for the next cue, and ends without one")
  func polls() throws {
    let handler = try handler()
    let open = try open(handler)
    let path = "/live/captions-en/cues"
    #expect(try handler.ask(path + ".json").text == "{\"revision\":0,\"cues\":[]}\n")
    let held = try handler.ask(path + "-0.json")
    #expect(held.isHeld)
    let cue = try add(
      handler, "a \"b\"\n</script>", at: open.programDateTime, lasting: .seconds(1))
    handler.requests.woken()
    let start = open.programDateTime.milliseconds
    #expect(
      held.text
        == #"{"revision":\#(cue.id),"cues":[{"id":\#(cue.id),"start":\#(start),"duration":1000,"#
        + #""text":"a \"b\"\n</script>"}]}"# + "\n")
    #expect(held.header("cache-control") == "public, max-age=1")
    #expect(try handler.ask(path + "-0.json").text == held.text)
    let other = try handler.ask("/live/captions-de/cues-0.json")
    #expect(other.text == "{\"revision\":\(cue.id),\"cues\":[]}\n")
    let last = try handler.ask(path + "-\(cue.id).json")
    #expect(last.isHeld)
    handler.pass(CaptionHandler.hold.nanoseconds)
    #expect(last.text == "{\"revision\":\(cue.id),\"cues\":[]}\n")
    #expect(last.header("cache-control") == "no-store")
    for wrong in ["x", "-1", "+1", "01", "1.5", "4294967296", ""] {
      #expect(try handler.ask(path + "-\(wrong).json").status == 404)
    }
  }
}
