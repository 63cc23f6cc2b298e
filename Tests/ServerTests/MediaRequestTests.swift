// SPDX-License-Identifier: Apache-2.0

import CMAF
import HTTP
import Media
import Packaging
import Server
import ServerTestSupport
import Sharing
import TestSupport
import Testing

@testable import Statistics

@Suite("Parts and segments: complete, open, early, gone")
struct MediaRequestTests {
  private static func text(_ frames: Range<Int64>) -> String { frames.map { "<\($0)>" }.joined() }

  // MARK: Parts

  @Test("MR-01: a hinted part is held until it is complete and sent in one piece (MR-02)")
  func hinted() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.media("segment\(number).4.m4s")
    handler.publish(frames: 2)
    #expect(exchange.isHeld)
    handler.publish(frames: 1)
    #expect(exchange.status == 200)
    #expect(exchange.text == Self.text(number * 30 + 12..<number * 30 + 15))
    #expect(exchange.answers == 1 && exchange.pieces.isEmpty)
    #expect(exchange.header("x-held-ms") == "0")
    // The URL keeps its bytes.
    #expect(try handler.media("segment\(number).4.m4s").text == exchange.text)
  }

  @Test("at the end of a segment part 0 of the next is the hint")
  func hintedNext() throws {
    let handler = try SyntheticHandler.live()
    let exchange = try handler.media("segment\(handler.last + 1).0.m4s")
    #expect(exchange.isHeld)
    handler.publish(parts: 1)
    #expect(exchange.status == 200)
  }

  @Test(
    "MR-03: parts that are not announced are 404",
    arguments: [
      "N.5", "N.6", "N.10", "N.9223372036854775807", "N+1.0", "N+2.0", "100000000000000.0",
    ])
  func unannounced(_ name: String) throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let printed = name.hasPrefix("N+") ? number + (name.hasPrefix("N+1") ? 1 : 2) : number
    let rest = name.split(separator: ".")[1]
    let segment = name.hasPrefix("N") ? "\(printed)" : "100000000000000"
    let exchange = try handler.media("segment\(segment).\(rest).m4s")
    #expect(exchange.status == 404)
    #expect(exchange.header("cache-control") == "public, max-age=1")
  }

  @Test("MR-03: a hint that a clock step cancels is 404 for held requests")
  func hintGivenUp() throws {
    for parts in [Int64(0), 4] {
      let handler = try SyntheticHandler.live(parts: parts)
      let exchange = try handler.media("segment\(handler.last + 1).\(parts).m4s")
      handler.stream.skip(parts == 0 ? 3 : 2)
      #expect(exchange.isHeld)
      handler.publish(frames: 1)
      if parts == 0 {
        // The number itself is left out.
        #expect(exchange.status == 404)
      } else {
        #expect(exchange.status == 404, "the segment ended early")
      }
      #expect(exchange.answers == 1)
      #expect(handler.held == 0)
    }
  }

  @Test(
    "a hint that never comes: 503 after three target durations; 404 at once when the stream ends")
  func hintEnds() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let name = "segment\(handler.last + 1).4.m4s"
    let late = try handler.media(name)
    handler.pass(3 * SyntheticHandler.second)
    #expect(late.status == 503)
    let waiting = try handler.media(name)
    handler.end()
    #expect(waiting.status == 404)
  }

  @Test("parts that have begun are there at the end, the short one too")
  func endedPart() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    handler.publish(frames: 1)
    let waiting = try handler.media("segment\(number).4.m4s")
    handler.end()
    #expect(waiting.text == Self.text(number * 30 + 12..<number * 30 + 13))
  }

  @Test("HEAD of a part: fields and no body; Range of a part: 206")
  func headAndRange() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let name = "/live/video/segment\(handler.last + 1).0.m4s"
    let head = try handler.ask(name, method: "HEAD")
    #expect(head.status == 200 && head.body.isEmpty)
    #expect(head.header("accept-ranges") == "bytes")
    let whole = try handler.ask(name).text
    let part = try handler.ask(name, ["Range: bytes=2-5"])
    #expect(part.status == 206)
    #expect(part.text == String(whole.dropFirst(2).prefix(4)))
    #expect(try handler.ask(name, ["Range: bytes=999999-"]).status == 416)
  }

  // MARK: Segments

  @Test("a complete segment is its parts, at once")
  func complete() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last
    let exchange = try handler.media("segment\(number).m4s")
    #expect(exchange.status == 200 && exchange.pieces.isEmpty)
    #expect(exchange.text == Self.text(number * 30..<number * 30 + 30))
    let parts = try (0..<10).map { try handler.media("segment\(number).\($0).m4s").text }
    #expect(parts.joined() == exchange.text)
  }

  @Test("the open segment: existing chunks at once, then each chunk in one piece")
  func open() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.media("segment\(number).m4s")
    #expect(exchange.stage == .streaming)
    #expect(exchange.pieces.count == 12)
    handler.publish(frames: 1)
    #expect(exchange.pieces.count == 13)
    // Several chunks before the next iteration of the loop.
    handler.stream.publish(frames: 3)
    #expect(exchange.pieces.count == 13)
    handler.requests.woken()
    #expect(exchange.pieces.count == 16)
    handler.publish(frames: 13)
    #expect(exchange.stage == .streaming)
    handler.publish(frames: 1)
    #expect(exchange.stage == .answered)
    #expect(exchange.pieces.count == 30)
    #expect(exchange.text == (try handler.media("segment\(number).m4s").text))
    #expect(exchange.answers == 1)
    #expect(exchange.header("content-length") == nil)
    #expect(handler.held == 0)
  }

  @Test("a loop that slept over the end of the segment and the next one still sends all of it")
  func overslept() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.media("segment\(number).m4s")
    handler.stream.publish(segments: 3)
    handler.requests.woken()
    #expect(exchange.stage == .answered)
    #expect(exchange.text == Self.text(number * 30..<number * 30 + 30))
  }

  @Test("a loop that slept until the segment had left the window cuts, and never ends short")
  func sleptTooLong() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let begun = try handler.media("segment\(number).m4s")
    let early = try handler.media("segment\(number + 1).m4s")
    handler.stream.publish(segments: 30)
    handler.requests.woken()
    #expect(begun.stage == .cut)
    #expect(early.status == 404)
    begun.go()
    #expect(handler.held == 0)
  }

  @Test("MR-10: an early segment is held and then followed from its first chunk")
  func early() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 2
    let exchange = try handler.media("segment\(number).m4s")
    #expect(exchange.isHeld)
    #expect(handler.counters.withLock { $0.holds.waiting[.segment] } == 1)
    handler.publish(parts: 6)
    #expect(exchange.isHeld)
    handler.publish(frames: 1)
    #expect(exchange.stage == .streaming && exchange.pieces.count == 1)
    handler.publish(frames: 29)
    #expect(exchange.text == Self.text(number * 30..<number * 30 + 30))
    #expect(exchange.stage == .answered)
  }

  @Test("media of the session before is answered if the next one cannot list it, RFC 8216 §6.2.2")
  func unlisted() throws {
    let before = try SyntheticHandler.live(parts: 4)
    let last = before.last
    let segment = try before.media("segment\(last).m4s").text
    let part = try before.media("segment\(last).3.m4s").text
    let end = WindowEnd([("video", before.served.window)], MediaNames(.epoch, first: 1))
    let next = try SyntheticHandler(try #require(FrameRate("25")), after: end)
    next.stream.jump(to: last + 2)
    next.goLive(prefill: 0)
    next.publish(segments: 3)
    #expect(try next.media("segment\(last).m4s").text == segment)
    #expect(try next.media("segment\(last).3.m4s").text == part)
    #expect(try next.media("segment\(last).10.m4s").status == 410)
    #expect(try next.media("segment\(last - 50).m4s").status == 410)
    #expect(try next.media("init-\(SyntheticHandler.headerHash).mp4").status == 200)
    #expect(try !next.playlist().text.contains("segment\(last).m4s"))
  }

  @Test(
    "MR-10: held up to H = clamp(2 SD, 1 s, 4 s) before its start, else 425; evicted 410, else 404"
  )
  func horizon() throws {
    // The next frame begins segment `last + 1`; H is 2 s: segments that begin within 60 frames.
    let handler = try SyntheticHandler.live()
    let rows: [(Int64, Int)] = [
      (1, 0), (2, 0), (3, 0), (4, 425), (5, 425), (1000, 425), (-9, 200), (-20, 410), (-1000, 410),
    ]
    for (offset, status) in rows {
      let exchange = try handler.media("segment\(handler.last + offset).m4s")
      if status == 425 {
        #expect(exchange.isHeld, "a client that asks again at once is slowed down")
        handler.endPause()
        // Four or more seconds ahead, of which two are permitted.
        #expect(exchange.header("retry-after") == (offset == 1000 ? "60" : "\(offset - 3)"))
      }
      #expect(exchange.status == status, "\(offset)")
      if status > 200 { #expect(exchange.header("cache-control") == "public, max-age=1") }
    }
    for name in ["segment0.m4s", "segment100000000000000.m4s", "segment100000000000001.m4s"] {
      let exchange = try handler.media(name)
      handler.endPause()
      #expect([404, 410, 425].contains(exchange.status), "\(name)")
    }
    #expect(handler.held == 3)
    // One frame later the fourth begins within H.
    handler.publish(frames: 30)
    #expect(try handler.media("segment\(handler.last + 3).m4s").isHeld)
  }

  @Test("a segment that comes near during the pause is held; a client that leaves is forgotten")
  func pause() throws {
    let handler = try SyntheticHandler.live()
    let number = handler.last + 4
    let (near, gone) = try (
      handler.media("segment\(number).m4s"), handler.media("segment\(number).m4s")
    )
    gone.go()
    handler.publish(frames: 30)
    handler.endPause()
    #expect(near.isHeld && near.answers == 0 && gone.answers == 0)
    #expect(handler.nextDeadline > handler.now + SyntheticHandler.second)
    handler.publish(frames: 61)
    #expect(near.stage == .streaming)
  }

  @Test(
    "names that the program never writes are 404",
    arguments: [
      "segment01795155720.m4s", "segment-1.m4s", "segment.m4s", "segment1.0.0.m4s", "segment+1.m4s",
      "segment1.00.m4s", "segment1.m4s.", "segment1.mp4", "init-.mp4", "init-00000000.mp4", "x",
      "segment99999999999999999999.m4s", "",
    ])
  func names(_ name: String) throws {
    #expect(try SyntheticHandler.live().media(name).status == 404)
  }

  @Test("with the numbering run, 0 is 404 and an evicted segment is 410")
  func numberedRun() throws {
    let handler = try SyntheticHandler.live(numbering: .run)
    handler.publish(segments: 30)
    #expect(try handler.media("segment00000.m4s").status == 404)
    #expect(try handler.media("segment00001.m4s").status == 410)
    #expect(try handler.media("segment00040.m4s").status == 200)
    #expect(try handler.media("segment40.m4s").status == 404)
  }

  @Test("a number without media is 404 for a held request, then 200 with a bare styp, also as HEAD")
  func gap() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let early = try handler.media("segment\(number + 1).m4s")
    let open = try handler.media("segment\(number).m4s")
    handler.stream.skip(3)
    handler.publish(frames: 1)
    #expect(early.status == 404 && early.answers == 1)
    let after = try handler.media("segment\(number + 3).m4s")
    #expect(after.status == 200 && after.body == SegmentType.bare.array)
    #expect(after.header("cache-control") == "public, max-age=3600, immutable")
    let head = try handler.media("segment\(number + 2).m4s", method: "HEAD")
    #expect(head.status == 200 && head.body.isEmpty)
    // The segment that was open has ended where the clock stepped.
    #expect(open.stage == .answered && open.pieces.count == 12)
    #expect(try handler.media("segment\(number + 1).0.m4s").status == 404)
    #expect(try handler.media("segment\(number + 4).m4s").stage == .streaming)
  }

  @Test("the segment after a left-out segment is held as after any other")
  func behindGap() throws {
    let handler = try SyntheticHandler.live()
    let number = handler.last + 1
    handler.stream.window.leaveOut(number)
    handler.requests.woken()
    #expect(try handler.media("segment\(number).m4s").body == SegmentType.bare.array)
    #expect(try handler.media("segment\(number + 1).m4s").isHeld)
    #expect(try handler.media("segment\(number + 3).m4s").isHeld, "it begins in two seconds")
    let early = try handler.media("segment\(number + 4).m4s")
    handler.endPause()
    #expect(early.status == 425)
  }

  @Test("the end completes the open segment; requests for the next one get 404")
  func end() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let (open, early) = try (
      handler.media("segment\(number).m4s"), handler.media("segment\(number + 1).m4s")
    )
    handler.end()
    #expect(open.stage == .answered && open.pieces.count == 12)
    #expect(early.status == 404)
    #expect(try handler.media("segment\(number).m4s").status == 200)
    #expect(try handler.media("segment\(number + 1).m4s").status == 404)
    #expect(handler.held == 0)
  }

  @Test("an early request whose segment never begins is 503 at its deadline")
  func neverBegins() throws {
    let handler = try SyntheticHandler.live()
    let exchange = try handler.media("segment\(handler.last + 2).m4s")
    handler.pass(5 * SyntheticHandler.second - 1)
    #expect(exchange.isHeld)
    handler.pass(5 * SyntheticHandler.second)
    #expect(exchange.status == 503)
    #expect(exchange.header("retry-after") == "1")
    #expect(handler.counters.withLock { $0.holds.timeouts } == [.segment: 1])
    #expect(handler.held == 0)
    #expect(handler.nextDeadline == .max)
  }

  @Test("HTTP/1.0 peers get the whole segment when it is complete")
  func oldPeer() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.media("segment\(number).m4s", version: "1.0")
    handler.publish(parts: 5)
    #expect(exchange.isHeld)
    handler.publish(parts: 1)
    #expect(exchange.stage == .answered && exchange.pieces.isEmpty)
    #expect(exchange.text == Self.text(number * 30..<number * 30 + 30))
  }

  @Test("HEAD of the open segment is answered at once, of an early one when it begins")
  func head() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let open = try handler.media("segment\(number).m4s", method: "HEAD")
    #expect(open.stage == .answered && open.status == 200)
    let early = try handler.media("segment\(number + 1).m4s", method: "HEAD")
    #expect(early.isHeld)
    handler.publish(parts: 7)
    #expect(early.stage == .answered && early.status == 200)
    #expect(handler.held == 0)
  }

  @Test("a reader whose client disconnects is removed, begun or not")
  func goneReader() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let (open, early) = try (
      handler.media("segment\(handler.last + 1).m4s"),
      handler.media("segment\(handler.last + 2).m4s")
    )
    let written = open.pieces.count
    open.go()
    early.go()
    handler.publish(frames: 1)
    #expect(open.pieces.count == written)
    #expect(handler.held == 0)
    handler.publish(segments: 2)
    #expect(early.answers == 0)
  }
}
