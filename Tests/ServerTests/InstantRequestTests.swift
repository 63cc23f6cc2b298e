// SPDX-License-Identifier: Apache-2.0

import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

@testable import Server

@Suite("Requests for instants and clips")
struct InstantRequestTests {
  private static func seconds(_ frame: Int64) -> String {
    let milliseconds = frame * 1000 / 30 + 1
    let digits = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
  }

  /// A stream with some seconds of media behind its prefill.
  private static func live() throws -> SyntheticHandler {
    let handler = try SyntheticHandler.live()
    handler.publish(segments: 4)
    return handler
  }

  @Test("an instant of the window is answered at once, and may be kept")
  func past() throws {
    let handler = try Self.live()
    let frame = handler.stream.next - 40
    let exchange = try handler.ask("/live/at/\(Self.seconds(frame))")
    #expect(exchange.status == 200)
    #expect(exchange.header("cache-control")?.contains("immutable") == true)
    #expect(exchange.text.contains("\"frameIndex\": \(frame),"))
    #expect(exchange.text.contains("\"segment\": \(frame / 30), \"frame\": \(frame % 30),"))
    #expect(exchange.text.contains("../video/segment\(frame / 30).m4s"))
  }

  @Test("a coming instant is held until its frame is published")
  func ahead() throws {
    let handler = try Self.live()
    let frame = handler.stream.next + 2
    let exchange = try handler.ask("/live/at/\(Self.seconds(frame))")
    handler.publish(frames: 2)
    #expect(exchange.isHeld && handler.held == 1)
    handler.publish(frames: 1)
    #expect(exchange.status == 200 && handler.held == 0)
    #expect(exchange.text.contains("\"frameIndex\": \(frame),"))
  }

  @Test("the deadline, the end of the stream and the client end a hold")
  func ends() throws {
    let handler = try Self.live()
    let late = try handler.ask("/live/at/\(Self.seconds(handler.stream.next + 30))")
    handler.pass(3 * SyntheticHandler.second)
    #expect(late.status == 503)
    let gone = try handler.ask("/live/at/\(Self.seconds(handler.stream.next + 30))")
    gone.onGone?()
    #expect(handler.held == 0)
    let ended = try handler.ask("/live/at/\(Self.seconds(handler.stream.next + 30))")
    handler.end()
    #expect(ended.status == 404 && handler.held == 0)
  }

  @Test("a still of a later instant is refused after a pause, with the time until it may be asked")
  func earlyStill() throws {
    let handler = try Self.live()
    let later = SystemClock.wallTime.nanoseconds / 1_000_000_000 + 20
    let exchange = try handler.ask("/live/at/\(later).jpg")
    #expect(exchange.isHeld, "a client that asks again at once is slowed down")
    handler.endPause()
    #expect(exchange.status == 425)
    let seconds = try #require(exchange.header("retry-after").flatMap { Int($0) })
    // Stills are answered 4 s before their time; the clock goes on.
    #expect((1...16).contains(seconds) && seconds > 10)
    let gone = try handler.ask("/live/at/\(later).jpg")
    gone.onGone?()
    handler.endPause()
    #expect(gone.isHeld)
  }

  @Test("times outside of the stream, and other texts, are refused")
  func refused() throws {
    let handler = try Self.live()
    for (path, status) in [
      ("/live/at/now", 400), ("/live/at/9999999999", 425), ("/live/at/1000", 404),
      ("/live/clip/1--2--3.mp4", 400), ("/live/clip/2--1.mp4", 400), ("/live/clip/2--2.mp4", 400),
      ("/live/clip/1--7202.mp4", 400), ("/live/clip/1--9.mp4", 404),
      ("/live/clip/1--9999999999.mp4", 400), ("/live/none/clip/1--9.mp4", 404),
      ("/live/clip/a--b.m3u8", 400), ("/none/at/1000", 404),
    ] {
      let exchange = try handler.ask(path)
      if status == 425 {
        #expect(exchange.isHeld, "a client that asks again at once is slowed down")
        handler.endPause()
        #expect(exchange.header("retry-after") == "60")
      }
      #expect(exchange.status == status, "\(path)")
    }
    let next = handler.stream.next
    handler.publish(segments: 16)
    #expect(try handler.ask("/live/at/\(Self.seconds(next - 1))").status == 410)
  }

  @Test("the Multivariant Playlist of a span has the answers of the clip")
  func multivariant() throws {
    let ladder = SyntheticLadder(audio: true)
    ladder.goLive()
    for _ in 0..<4 { ladder.publish() }
    let handler = try SyntheticHandler(others: [ladder.served])
    let last = ladder.last
    for (span, status) in [
      ("9000000000--9000000005", 425), ("1--9", 404), ("\(last - 2)--\(last - 1)", 200),
    ] {
      let exchange = try handler.ask("/ladder/clip/\(span).m3u8")
      if status == 425 { handler.endPause() }
      #expect(exchange.status == status, "\(span)")
      guard status == 200 else { continue }
      #expect(exchange.text.contains("\n../r1/clip/\(span).m3u8\n"))
      #expect(exchange.header("cache-control")?.contains("immutable") == false)
    }
  }

  @Test("the playlist of a span lists the segments that cover it, and ends")
  func playlist() throws {
    let handler = try Self.live()
    let next = handler.stream.next
    let span = "\(Self.seconds(next - 65))--\(Self.seconds(next - 30))"
    let text = try handler.ask("/live/clip/\(span).m3u8").text
    let names = text.split(separator: "\n").filter { $0.hasSuffix(".m4s") }
    #expect(
      names == ((next - 65) / 30...(next - 30) / 30).map { "../video/segment\($0).m4s" })
    #expect(text.contains("#EXT-X-PLAYLIST-TYPE:VOD") && text.hasSuffix("#EXT-X-ENDLIST\n"))
    let own = try handler.ask("/live/video/clip/\(span).m3u8").text
    #expect(own.contains("\n../segment\((next - 65) / 30).m4s\n"))
  }

  @Test("the playlist of a span with a gap in the window is kept for a second")
  func gap() throws {
    let handler = try Self.live()
    let next = handler.stream.next
    let span = "\(Self.seconds(next - 95))--\(Self.seconds(next - 30))"
    let path = "/live/clip/\(span).m3u8"
    #expect(try handler.ask(path).header("cache-control") == "public, max-age=3600, immutable")
    let start = WallTime.origin + .seconds((next - 65) / 30)
    handler.served.removeFromWindows(start..<start + .milliseconds(10))
    let holed = try handler.ask(path)
    #expect(holed.status == 200 && holed.text.contains("#EXT-X-GAP"))
    #expect(holed.header("cache-control") == "public, max-age=1")
  }

  @Test("the playlist of a span that ends in the open segment is held until that is complete")
  func held() throws {
    let handler = try Self.live()
    let next = handler.stream.next
    handler.publish(frames: 3)
    let span = "\(Self.seconds(next - 65))--\(Self.seconds(next + 2))"
    let exchange = try handler.ask("/live/clip/\(span).m3u8")
    handler.publish(frames: 26)
    #expect(exchange.isHeld && handler.held == 1)
    handler.publish(frames: 1)
    #expect(exchange.status == 200 && handler.held == 0)
  }
}
