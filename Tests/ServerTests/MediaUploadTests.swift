// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Net
import Publishing
import Testing
import Time

@testable import Server

/// A publisher whose source the test stops.
private final class StoppedPublisher: BytePublisher {
  let name = "live"
  /// Whether the source takes no more bytes.
  var isFull = false
  /// Whether bytes wait on their way to the source.
  var hasRest = false
  private(set) var bytes: [UInt8] = []
  private(set) var hasEnded = false

  func write(_ bytes: [UInt8], at now: MonotonicTime) -> PublisherWriting {
    if isFull { return .full }
    self.bytes += bytes
    return .taken
  }

  func flush(at now: MonotonicTime) -> Bool { !hasRest }

  func end(at now: MonotonicTime) { hasEnded = true }
}

@Suite("The end of an upload of media")
struct MediaUploadTests {
  @Test("an upload ends when the source has taken every byte", arguments: [true, false])
  func lastBytes(isFull: Bool) throws {
    let handler = try SyntheticHandler()
    let log = Log(format: .text, least: .error) { _ in }
    let uploads = MediaUploads(
      loop: handler.loop,
      hookRequests: HookRequests(PublishHooks(.init(), log: log), loop: handler.loop), log: log)
    var (parser, position) = (RequestHeadParser(), 0)
    let head = Array("PUT /live/clip.ts HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
    let exchange = FakeExchange(
      try #require(try parser.next(head.span, &position, peer: PeerAddress.none)))
    let publisher = StoppedPublisher()
    let upload = MediaUpload(
      exchange, publisher, nil, loop: handler.loop, uploads: uploads, log: log)
    upload.received(Array("one".utf8).span)
    (publisher.isFull, publisher.hasRest) = (isFull, true)
    upload.received(Array(", two".utf8).span)
    upload.ended()
    uploads.expire(handler.loop.now + .seconds(1))
    #expect(!publisher.hasEnded && exchange.status != 204)
    (publisher.isFull, publisher.hasRest) = (false, false)
    uploads.expire(handler.loop.now + .seconds(2))
    #expect(publisher.hasEnded && publisher.bytes == Array("one, two".utf8))
    #expect(exchange.status == 204)
    upload.advance()
    #expect(exchange.answers == 1)
  }
}
