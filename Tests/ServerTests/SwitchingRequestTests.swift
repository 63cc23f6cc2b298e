// SPDX-License-Identifier: Apache-2.0

import Foundation
import HLSPackager
import HTTP
import Logging
import Media
import Net
import Packaging
import Server
import ServerTestSupport
import Sharing
import Statistics
import TestSupport
import Testing
import Time

@Suite("Requests for renditions that the server chooses")
struct SwitchingRequestTests {
  private func open(
    _ ladder: SyntheticLadder, clock: ManualClock = ManualClock()
  ) throws -> SyntheticHandler {
    let handler = try SyntheticHandler(others: [ladder.served], clock: clock)
    ladder.goLive()
    ladder.publish()
    handler.requests.woken()
    return handler
  }

  /// Lets the loop look for acknowledgements every 25 ms.
  private func look(_ handler: SyntheticHandler, until end: Interval) {
    var time = Interval.zero
    while time < end {
      time += .milliseconds(25)
      handler.requests.expire(handler.loop.now + time)
    }
  }

  /// The index of the rendition of a response.
  private func rendition(_ exchange: FakeExchange) -> String { String(exchange.text.prefix(3)) }

  @Test("the MPD has one Representation, whose media are private and of one rendition per segment")
  func manifest() throws {
    let ladder = SyntheticLadder()
    let handler = try open(ladder)
    let manifest = try handler.ask("/ladder/auto/manifest.mpd")
    #expect(manifest.status == 200 && manifest.header("cache-control") == "private, no-store")
    #expect(manifest.text.components(separatedBy: "<Representation ").count == 2)
    #expect(manifest.text.contains(#"id="auto""#))
    #expect(manifest.text.contains(#"bandwidth="2500000""#))
    #expect(manifest.text.contains("<BaseURL>../</BaseURL>"))
    let segment = try handler.ask("/ladder/auto/segment\(ladder.last).m4s")
    #expect(segment.status == 200 && rendition(segment) == "<1>")
    #expect(segment.header("cache-control") == "private, no-store" && segment.header("etag") == nil)
    let part = try handler.ask("/ladder/auto/segment\(ladder.last).0.m4s")
    #expect(rendition(part) == "<1>" && part.header("cache-control") == "private, no-store")
    let header = try handler.ask("/ladder/auto/init-\(SyntheticHandler.headerHash).mp4")
    #expect(header.text == "header")
    #expect(try handler.ask("/ladder/manifest.mpd").text.contains(#"id="r2""#))
    #expect(try handler.ask("/ladder/auto/chunked.m3u8").status == 404)
  }

  @Test("the playlist names media of /S/auto/; with audio it is a Multivariant Playlist")
  func playlist() throws {
    let ladder = SyntheticLadder()
    let handler = try open(ladder)
    let playlist = try handler.ask("/ladder/auto/playlist.m3u8")
    #expect(playlist.status == 200 && playlist.header("cache-control") == "private, no-store")
    #expect(playlist.text.contains("\nsegment\(ladder.last).m4s"))
    #expect(!playlist.text.contains("RENDITION-REPORT"))
    let blocking = try handler.ask(
      "/ladder/auto/playlist.m3u8?_HLS_msn=\(ladder.last + 1)&_HLS_part=0")
    #expect(blocking.isHeld)
    ladder.publish()
    handler.requests.woken()
    #expect(blocking.status == 200 && blocking.header("cache-control") == "private, no-store")

    let sound = SyntheticLadder(audio: true)
    let other = try open(sound)
    let multivariant = try other.ask("/ladder/auto/playlist.m3u8").text
    #expect(multivariant.components(separatedBy: "#EXT-X-STREAM-INF").count == 2)
    #expect(multivariant.contains("\n../auto/media.m3u8\n"))
    #expect(multivariant.contains("URI=\"../audio/playlist.m3u8\""))
    let media = try other.ask("/ladder/auto/media.m3u8")
    #expect(media.text.contains("\nsegment\(sound.last).m4s"))
  }

  @Test("a slow connection lowers its viewer, also on other connections; other viewers are not")
  func slow() throws {
    let ladder = SyntheticLadder()
    let handler = try open(ladder)
    func ask(_ agent: String, stream: FakeStream? = nil) throws -> FakeExchange {
      try handler.ask(
        "/ladder/auto/segment\(ladder.last).m4s", ["User-Agent: \(agent)"], stream: stream)
    }
    let stream = FakeStream(unacknowledged: 50_000)
    #expect(rendition(try ask("slow", stream: stream)) == "<1>")
    #expect(rendition(try ask("fast", stream: FakeStream())) == "<1>")
    look(handler, until: .seconds(2))
    ladder.publish()
    handler.requests.woken()
    #expect(rendition(try ask("slow", stream: FakeStream())) == "<2>")
    #expect(rendition(try ask("fast", stream: FakeStream())) == "<1>")
    #expect(handler.counters.withLock { $0.delays.switchesDown } == 1)
    stream.acknowledge(50_000)
    handler.requests.expire(handler.loop.now + .seconds(3))
    #expect(handler.nextDeadline > (handler.loop.now + .seconds(3)).nanoseconds)
  }

  @Test("the CMCD session is the viewer, whatever its address and program")
  func session() throws {
    let ladder = SyntheticLadder()
    let handler = try open(ladder)
    func ask(_ agent: String, stream: FakeStream? = nil) throws -> String {
      rendition(
        try handler.ask(
          "/ladder/auto/segment\(ladder.last).m4s?CMCD=sid%3D%22abc%22", ["User-Agent: \(agent)"],
          stream: stream))
    }
    #expect(try ask("a", stream: FakeStream(unacknowledged: 50_000)) == "<1>")
    look(handler, until: .seconds(2))
    ladder.publish()
    handler.requests.woken()
    #expect(try ask("b", stream: FakeStream()) == "<2>")
  }

  @Test("?quality= pins a rendition, in indexes and media; an unknown one is 404")
  func pins() throws {
    let ladder = SyntheticLadder(audio: true)
    let handler = try open(ladder)
    let segment = try handler.ask("/ladder/auto/segment\(ladder.last).m4s?quality=r0")
    #expect(rendition(segment) == "<0>")
    let manifest = try handler.ask("/ladder/auto/manifest.mpd?quality=r2").text
    #expect(manifest.contains(#"id="r2""#) && !manifest.contains(#"id="auto""#))
    let media = try handler.ask("/ladder/auto/media.m3u8?quality=r2")
    #expect(media.text.contains("\n../r2/segment\(ladder.last).m4s"))
    #expect(media.header("cache-control") == "private, no-store")
    let multivariant = try handler.ask("/ladder/auto/playlist.m3u8?quality=r2")
    #expect(multivariant.text.contains("\n../r2/playlist.m3u8\n"))
    for path in ["segment\(ladder.last).m4s", "manifest.mpd", "playlist.m3u8", "media.m3u8"] {
      let unknown = try handler.ask("/ladder/auto/\(path)?quality=../x")
      #expect(unknown.status == 404 && unknown.text.contains("expected r0, r1, r2"))
      #expect(!unknown.text.contains("../x"))
    }
  }

  @Test("different sizes: 404 with the reason, and the MPD is the usual one")
  func refused() throws {
    var options = StreamServingOptions()
    options.switchesRenditions = true
    let small = try #require(VideoSize(width: 640, height: 360))
    let ladder = SyntheticLadder(sizes: [.hd720, small], options: options)
    let handler = try open(ladder)
    for path in ["manifest.mpd", "playlist.m3u8", "segment\(ladder.last).m4s"] {
      let refused = try handler.ask("/ladder/auto/\(path)")
      #expect(refused.status == 404 && refused.text.contains("sizes (1280x720, 640x360)"))
    }
    let manifest = try handler.ask("/ladder/manifest.mpd")
    #expect(manifest.text.contains(#"id="r1""#))
  }

  @Test("serverSideRepresentationSwitching: the MPD of the stream has one Representation")
  func ofTheStream() throws {
    var options = StreamServingOptions()
    options.switchesRenditions = true
    let handler = try open(SyntheticLadder(options: options))
    for path in ["/ladder/manifest.mpd", "/ldash/ladder/manifest.mpd"] {
      let manifest = try handler.ask(path)
      #expect(manifest.text.contains(#"id="auto""#) && !manifest.text.contains(#"id="r0""#))
      #expect(manifest.header("cache-control") == "private, no-store")
    }
    #expect(try handler.ask("/ladder/manifest.mpd").text.contains("$RepresentationID$/segment"))
  }

  @Test("a rendition that is left out: held requests get another one, and new ones too")
  func leftOut() throws {
    let ladder = SyntheticLadder()
    let clock = ManualClock()
    let handler = try open(ladder, clock: clock)
    func ask(_ path: String) throws -> FakeExchange { try handler.ask("/ladder/auto/\(path)") }
    let held = try ask("segment\(ladder.last + 1).m4s")
    let part = try ask("segment\(ladder.last + 1).0.m4s")
    #expect(held.isHeld && part.isHeld)
    ladder.publish(leftOut: [0, 1])
    handler.requests.woken()
    #expect(held.status == 200 && rendition(held) == "<2>")
    #expect(part.status == 200 && rendition(part) == "<2>")
    #expect(rendition(try ask("segment\(ladder.last).m4s")) == "<2>")
    // The window of the rendition has the segments before.
    #expect(rendition(try ask("segment\(ladder.last - 1).m4s")) == "<1>")
    #expect(try handler.ask("/ladder/timestamps.json").text.contains(#""missing":["r0","r1"]"#))
    let playlist = try ask("playlist.m3u8").text
    #expect(playlist.contains("\nsegment\(ladder.last).m4s") && !playlist.contains("EXT-X-GAP"))
    for _ in 0..<5 {
      clock.advance(by: .seconds(1))
      handler.loop.iterate()
      ladder.publish()
      handler.requests.woken()
      _ = try handler.ask("/ladder/timestamps.json")
    }
    #expect(!(try handler.ask("/ladder/timestamps.json").text.contains("missing")))
    #expect(rendition(try ask("segment\(ladder.last).m4s")) == "<1>")
  }

  @Test("a rendition that is a second late: requests for segments that it does not have move")
  func late() throws {
    let ladder = SyntheticLadder()
    let handler = try open(ladder)
    let held = try handler.ask("/ladder/auto/segment\(ladder.last + 1).m4s")
    ladder.publish(late: [1])
    handler.requests.woken()
    #expect(held.status == 200 && rendition(held) == "<2>")
  }

  @Test("requests far from the window do not enter the table, and are answered as usual")
  func strange() throws {
    let ladder = SyntheticLadder()
    let handler = try open(ladder)
    for number in ["1", "\(ladder.last + 5_000_000)", "99999999999999"] {
      let exchange = try handler.ask("/ladder/auto/segment\(number).m4s")
      handler.endPause()
      #expect([404, 410, 425].contains(exchange.status), "\(number): \(exchange.status)")
      // Another viewer may get another rendition, which has the segment.
      #expect(exchange.header("cache-control") == "private, no-store")
    }
    #expect(try handler.ask("/ladder/auto/other.m4s").status == 404)
  }

  @Test("no cache keeps the refusal of a held request: other viewers may get other renditions")
  func heldRefusals() throws {
    let ladder = SyntheticLadder()
    let handler = try open(ladder)
    let late = [
      try handler.ask("/ladder/auto/segment\(ladder.last + 1).m4s"),
      try handler.ask("/ladder/auto/segment\(ladder.last + 1).0.m4s"),
    ]
    handler.pass(60 * SyntheticHandler.second)
    #expect(late.map(\.status) == [503, 503])
    let ended = [
      try handler.ask("/ladder/auto/segment\(ladder.last + 1).m4s"),
      try handler.ask("/ladder/auto/segment\(ladder.last + 1).0.m4s"),
    ]
    for window in ladder.windows { window.end() }
    handler.requests.woken()
    #expect(ended.map(\.status) == [404, 404])
    for exchange in late + ended {
      #expect(exchange.header("cache-control") == "private, no-store")
    }
  }

  @Test("playlist chunked: the chunked form under the stream's address, LL-HLS under ll.m3u8")
  func chunkedForm() throws {
    var options = StreamServingOptions()
    options.prefersChunkedPlaylist = true
    let ladder = SyntheticLadder(options: options)
    let handler = try open(ladder)
    #expect(try handler.ask("/ladder/playlist.m3u8").text.contains("\nr0/chunked.m3u8\n"))
    #expect(try handler.ask("/ladder/index.m3u8").text.contains("\nr0/chunked.m3u8\n"))
    #expect(try handler.ask("/ladder/ll.m3u8").text.contains("\nr0/playlist.m3u8\n"))
    let own = try handler.ask("/ladder/r0/playlist.m3u8")
    #expect(own.text.contains("#EXT-X-PART:"))
    let one = try SyntheticHandler(serving: options)
    one.goLive()
    one.publish(segments: 2)
    let chunked = try one.ask("/live/playlist.m3u8?_HLS_msn=99999999999")
    #expect(chunked.status == 200 && !chunked.text.contains("#EXT-X-PART:"))
    #expect(try one.ask("/live/ll.m3u8").text.contains("#EXT-X-PART:"))
    #expect(try one.ask("/live.m3u8").text.contains("#EXT-X-PART:"))
  }
}
