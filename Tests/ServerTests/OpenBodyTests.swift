// SPDX-License-Identifier: Apache-2.0

import Packaging
import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

@testable import Server

@Suite("Bodies of open segments and open uploads are handed over in pieces")
struct OpenBodyTests {
  @Test(
    "bytes of the beginning wait for any client, added bytes are counted",
    arguments: [
      (initial: 0, waiting: 0, queued: 0, added: 0),
      (initial: 6_000_000, waiting: 5_000_000, queued: 300_000, added: 0),
      (initial: 6_000_000, waiting: 6_000_000, queued: 300_000, added: 300_000),
      (initial: 1000, waiting: 9000, queued: 0, added: 8000),
    ])
  func backlog(row: (initial: Int, waiting: Int, queued: Int, added: Int)) {
    let added = GrowingResponse.added(
      waiting: row.waiting, queued: row.queued, initial: row.initial)
    #expect(added == row.added)
  }

  @Test("a reader of an open segment gets the next chunks when its connection has taken some")
  func segment() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.media("segment\(number).m4s")
    #expect(exchange.pieces.count == 12)
    exchange.queuedBytes = GrowingResponse.pieceLimit + 1
    handler.publish(frames: 3)
    #expect(exchange.pieces.count == 12)
    // Bytes beyond those of the beginning: the queue and three chunks, less twelve chunks.
    let chunks = handler.snapshot.open?.chunks.map(\.bytes.count) ?? []
    let beginning = chunks.prefix(12).reduce(0, +)
    let later = chunks.dropFirst(12).reduce(0, +)
    #expect(exchange.backlog == GrowingResponse.pieceLimit + 1 + later - beginning)
    exchange.take()
    #expect(exchange.pieces.count == 15 && exchange.stage == .streaming)
    // A publication that the loop has not noticed is sent too, and not twice.
    exchange.queuedBytes = GrowingResponse.pieceLimit + 1
    handler.publish(frames: 1)
    handler.stream.publish(frames: 2)
    exchange.take()
    #expect(exchange.pieces.count == 18)
    handler.publish(frames: 1)
    #expect(exchange.pieces.count == 19)
    // The end of the segment ends the response, in spite of the queue.
    exchange.queuedBytes = GrowingResponse.pieceLimit + 1
    handler.publish(frames: 11)
    #expect(exchange.stage == .answered)
    #expect(exchange.text == (try handler.media("segment\(number).m4s").text))
    #expect(handler.held == 0)
  }

  @Test("an open segment has no entity tag, RFC 9110 §13.1.1; a complete one has")
  func conditions() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    for method in ["GET", "HEAD"] {
      let open = handler.last + 1
      let path = "/live/video/segment\(open).m4s"
      #expect(try handler.ask(path, method: method, ["If-Match: \"a\""]).status == 412)
      #expect(try handler.ask(path, method: method, ["If-Match: *"]).status == 200)
      // Early: the segment after the open one.
      let next = try handler.ask(
        "/live/video/segment\(open + 1).m4s", method: method, ["If-Match: \"a\""])
      #expect(next.isHeld)
      handler.publish(segments: 1)
      handler.publish(parts: 1)
      #expect(next.status == 412)
    }
    let whole = try handler.media("segment\(handler.last).m4s")
    let tag = try #require(whole.header("etag"))
    let path = "/live/video/segment\(handler.last).m4s"
    #expect(try handler.ask(path, ["If-Match: \(tag)", "Range: bytes=0-1"]).status == 206)
    #expect(try handler.ask(path, ["If-Match: \"a\"", "Range: bytes=0-1"]).status == 412)
  }

  @Test("a reader that takes bytes after the end of the segment gets its end")
  func ended() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let number = handler.last + 1
    let exchange = try handler.media("segment\(number).m4s")
    exchange.queuedBytes = GrowingResponse.pieceLimit + 1
    handler.publish(frames: 1)
    handler.stream.publish(frames: 20)
    exchange.take()
    #expect(exchange.stage == .answered)
    #expect(exchange.text == (try handler.media("segment\(number).m4s").text))
    handler.publish(frames: 1)
    #expect(handler.held == 0)
  }

  @Test("after a disconnection no connection is asked for")
  func gone() throws {
    let handler = try SyntheticHandler.live(parts: 4)
    let exchange = try handler.media("segment\(handler.last + 1).m4s")
    exchange.queuedBytes = GrowingResponse.pieceLimit + 1
    handler.publish(frames: 1)
    exchange.go()
    exchange.take()
    #expect(exchange.pieces.count == 12)
  }
}
