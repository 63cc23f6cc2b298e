// SPDX-License-Identifier: Apache-2.0

import Access
import Glibc
import HTTP
import Ingest
import Logging
import Net
import Publishing
import ServerTestSupport
import Testing
import Time

@testable import Server

@Suite("The end of an upload of media")
struct MediaUploadTests {
  /// Reads the records at a source, and returns the bytes of the tags.
  private static func read(_ descriptor: Int32, _ reader: inout MediaRecordReader) throws -> [UInt8]
  {
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 20))
    while true {
      let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return bytes }
      unsafe buffer.withUnsafeBufferPointer {
        unsafe reader.append(UnsafeBufferPointer(rebasing: $0[..<count]))
      }
      while let record = try reader.next() {
        if case .tag(let tag) = record, tag.kind != .client { bytes += tag.payload }
      }
    }
  }

  @Test("an upload ends when the source has taken every byte, and no sooner")
  func lastBytes() throws {
    let handler = try SyntheticHandler()
    let log = Log(format: .text, least: .error) { _ in }
    let registry = PublisherRegistry(
      PublishCheck(KeylessAccess(.open)), PublishHooks(.init(), log: log))
    let uploads = MediaUploads(loop: handler.loop, registry: registry, log: log)
    let stream = PublishedStream(name: "live")
    let source = try #require(stream.connectSource())
    defer { close(source) }
    var (parser, position) = (RequestHeadParser(), 0)
    let head = Array("PUT /live/clip.ts HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
    let exchange = FakeExchange(
      try #require(try parser.next(head.span, &position, peer: PeerAddress.none)))
    exchange.isBodyOpen = true
    uploads.begin(exchange, .stream(stream), nil)
    let upload = try #require(exchange.receiver as? MediaUpload)
    // More than the pair of sockets takes.
    let pattern = (0..<7 * 256).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let piece = [UInt8](repeated: pattern, count: 512)
    for _ in 0..<12 { upload.received(piece.span) }
    #expect(exchange.isBodyPaused && stream.hasPublisher)
    upload.ended()
    var now = handler.loop.now
    for _ in 0..<3 {
      now += .milliseconds(100)
      uploads.expire(now)
      #expect(stream.hasPublisher && exchange.status == 0)
    }
    var reader = MediaRecordReader()
    var taken: [UInt8] = []
    for _ in 0..<1000 where exchange.status == 0 {
      taken += try Self.read(source, &reader)
      now += .milliseconds(100)
      uploads.expire(now)
    }
    taken += try Self.read(source, &reader)
    #expect(exchange.status == 204 && !stream.hasPublisher)
    #expect(taken == [UInt8](repeated: piece, count: 12))
    upload.retry()
    upload.ended()
    uploads.expire(now + PublisherLifecycle.mediaLimit)
    #expect(exchange.answers == 1 && uploads.nextDeadline == .distantFuture)
  }
}

extension [UInt8] {
  /// Some bytes `count` times; the standard library joins repeated arrays byte by byte.
  fileprivate init(repeated bytes: [UInt8], count: Int) {
    self = []
    for _ in 0..<count { self += bytes }
  }
}
