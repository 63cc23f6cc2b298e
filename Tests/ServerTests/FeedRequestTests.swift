// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import HTTP
import Logging
import Media
import Net
import Packaging
import ServerTestSupport
import Sharing
import Statistics
import TestSupport
import Testing
import Time

@testable import Server
@testable import Streams

@Suite("Requests for the feed of a stream")
struct FeedRequestTests {
  /// A handler with a stream `cam` whose session a test publishes.
  private struct Lab {
    let handler: SyntheticHandler
    let session: StreamSession
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let first: Int64 = 1_700_000_000

    init() throws {
      var configuration = StreamConfiguration(
        renditions: RenditionSettings.ladder([(size: .hd720, bitrateKilobits: 2500)]),
        segmentation: segmentation)
      configuration.name = "cam"
      session = StreamSession(configuration, log: Log(format: .text, least: .error) { _ in })
      handler = try SyntheticHandler(
        others: [ServedStream(session, StreamServingOptions(), sendsCMSD: false)])
      session.window.describe(
        TrackDescription(
          rendition: "video", codecs: "avc1.64001e", bandwidth: 1, size: .hd720,
          segmentation: segmentation, header: [1, 2, 3]))
    }

    func publish(_ frames: Range<Int64>) {
      for frame in frames {
        let chunk = SyntheticStream.chunk(first * 30 + frame, segmentation)
        session.window.publish(chunk)
      }
      handler.requests.woken()
    }

    func goLive() {
      session.window.goLive()
      publish(0..<100)
    }

    func messages(_ exchange: FakeExchange) throws -> [FeedMessage] {
      var parser = FeedParser()
      parser.add(exchange.body)
      var found: [FeedMessage] = []
      while let message = try parser.next() { found.append(message) }
      return found
    }
  }

  @Test("a feed has the description, the window, and then each chunk when it is published")
  func feed() throws {
    let lab = try Lab()
    #expect(try lab.handler.ask("/cam/feed").status == 503)
    lab.goLive()
    let exchange = try lab.handler.ask("/cam/feed")
    #expect(exchange.status == 200 && exchange.kind == .feed)
    #expect(exchange.header("cache-control") == "no-store")
    var found = try lab.messages(exchange)
    guard case .stream(_, let fields) = found.first else {
      Issue.record("the feed begins with another message")
      return
    }
    let description = try FeedDescription(fields: fields)
    #expect(description.path == [ServerIdentity.own])
    #expect(description.isSameSession(as: FeedDescription(lab.session, path: [])))
    #expect(found.contains { if case .track(0, _) = $0 { true } else { false } })
    #expect(found.chunks.count == 100 && found.numbers == (Int64(0)..<4).map { lab.first + $0 })
    guard case .current = found.last else {
      Issue.record("the feed is not current")
      return
    }
    let size = exchange.body.count
    lab.publish(100..<101)
    #expect(exchange.body.count > size)
    lab.publish(101..<130)
    found = try lab.messages(exchange)
    #expect(found.chunks == (Int64(0)..<130).map { "<\(lab.first * 30 + $0)>" })
    lab.session.window.end()
    lab.handler.requests.woken()
    guard case .ended = try lab.messages(exchange).last else {
      Issue.record("the feed has not ended")
      return
    }
    #expect(exchange.stage == .answered)
  }

  @Test("a feed begins with the segment of the query, and repeats the state of the source")
  func segment() throws {
    let lab = try Lab()
    lab.goLive()
    let exchange = try lab.handler.ask("/cam/feed?segment=\(lab.first + 2)")
    #expect(try lab.messages(exchange).numbers == [lab.first + 2, lab.first + 3])
    let deadline = lab.handler.nextDeadline - lab.handler.now
    #expect(deadline <= 500_000_000)
    lab.handler.pass(600_000_000)
    let statuses = try lab.messages(exchange).count { if case .status = $0 { true } else { false } }
    #expect(statuses == 2)
    exchange.go()
    lab.publish(100..<101)
    #expect(lab.handler.nextDeadline - lab.handler.now > 500_000_000)
  }

  /// A feed of 100 chunks whose connection is full when ten more are published.
  private func fullFeed() throws -> (Lab, FakeExchange) {
    let lab = try Lab()
    lab.goLive()
    let exchange = try lab.handler.ask("/cam/feed")
    exchange.queuedBytes = 256 * 1024 + 1
    lab.publish(100..<110)
    return (lab, exchange)
  }

  @Test("a connection that is full gets nothing until it has taken the bytes, and no poll looks")
  func full() throws {
    let (lab, exchange) = try fullFeed()
    #expect(try lab.messages(exchange).chunks.count == 100)
    #expect(exchange.resume != nil, "the connection tells when it has taken the bytes")
    #expect(lab.handler.nextDeadline - lab.handler.now > 100_000_000)
    exchange.take()
    // The taken connection has woken the loop.
    lab.handler.requests.woken()
    #expect(try lab.messages(exchange).chunks.count == 110)
  }

  @Test("a connection that still sends other responses gets the feed with the next chunk")
  func shared() throws {
    let (lab, exchange) = try fullFeed()
    exchange.queuedBytes = 1024
    lab.publish(110..<111)
    #expect(try lab.messages(exchange).chunks.count == 111)
  }

  @Test("a reader that is slower than the window is cut, without a clean end")
  func slow() throws {
    let lab = try Lab()
    lab.goLive()
    let exchange = try lab.handler.ask("/cam/feed")
    for frame in Int64(100)..<1000 {
      lab.session.window.publish(SyntheticStream.chunk(lab.first * 30 + frame, lab.segmentation))
    }
    lab.handler.requests.woken()
    #expect(exchange.stage == .cut)
  }

  @Test("a server among the sources of the stream gets 508, a wrong field 400")
  func loops() throws {
    let lab = try Lab()
    lab.goLive()
    func status(_ identities: String) throws -> Int {
      try lab.handler.ask("/cam/feed", ["Streamer-Relay: \(identities)"]).status
    }
    #expect(try status("abc, \(ServerIdentity.own)") == 508)
    #expect(try status("abc") == 200)
    #expect(try status((0..<8).map { "a\($0)" }.joined(separator: ",")) == 200)
    #expect(try status((0..<9).map { "a\($0)" }.joined(separator: ",")) == 400)
    #expect(try status("a b\"") == 400)
    let text = try lab.handler.ask("/cam/feed", ["Streamer-Relay: -"]).text
    #expect(text.hasPrefix("Streamer-Relay: invalid value (expected at most 8 identities of 1–32 "))
  }

  private func request(_ identities: String) throws -> FeedRequest {
    var parser = RequestHeadParser()
    var position = 0
    let lines = ["GET /cam/feed HTTP/1.1", "Host: x", "Streamer-Relay: \(identities)", "", ""]
    let head = Array(lines.joined(separator: "\r\n").utf8)
    return FeedRequest(
      try #require(try parser.next(head.span, &position, peer: .none)))
  }

  @Test("no client can make an upstream refuse this server by the identity of another one")
  func forged() throws {
    let link = UpstreamLink(try #require(UpstreamAddress("http://origin/")))
    // This server does not know its upstream yet, and the client does.
    #expect(try request("origin, viewer").refusal(link, hasStarted: false) == nil)
    #expect(link.identities() == "origin, viewer, \(ServerIdentity.own)")
    let other = UpstreamLink(try #require(UpstreamAddress("http://first/")))
    other.follow(["origin"])
    for (identities, hasStarted, status) in [
      ("origin, viewer, relay", true, nil), ("viewer, origin", true, 508),
      ("origin, viewer, relay", false, 508),
    ] as [(String, Bool, Int?)] {
      #expect(try request(identities).refusal(other, hasStarted: hasStarted)?.status == status)
    }
  }

  @Test("identities that are refused, or of a stream that has started, are not sent on")
  func notes() throws {
    let link = UpstreamLink(try #require(UpstreamAddress("http://origin/")))
    link.follow(["origin"])
    for (identities, hasStarted) in [
      ("a, origin", false), ("a, \(ServerIdentity.own)", false), ("a", true), ("a, b", true),
    ] {
      _ = try request(identities).refusal(link, hasStarted: hasStarted)
      #expect(link.identities() == ServerIdentity.own)
    }
    #expect(try request("a, b").refusal(link, hasStarted: false) == nil)
    #expect(link.identities() == "a, b, \(ServerIdentity.own)")
  }

  @Test("an event that is no text does not end the feed")
  func events() throws {
    let lab = try Lab()
    lab.goLive()
    let now = SystemClock.wallTime
    let latin = [UInt8](repeating: 0xE9, count: 1000)
    _ = try lab.session.window.addEvent(at: now, [0x22] + latin + [0x22], now: now)
    _ = try lab.session.window.addEvent(at: now, Array("1".utf8), now: now)
    let found = try lab.messages(try lab.handler.ask("/cam/feed"))
    let texts = found.compactMap { if case .event(_, let event) = $0 { event.data } else { nil } }
    #expect(texts == [Array("1".utf8)])
  }

  @Test("HEAD has no body; an unknown stream is 404")
  func methods() throws {
    let lab = try Lab()
    lab.goLive()
    let head = try lab.handler.ask("/cam/feed", method: "HEAD")
    #expect(head.status == 200 && head.body.isEmpty && head.stage == .answered)
    // RFC 9112 §6.3: the end of the connection ends the body of HTTP/1.0.
    let old = try lab.handler.ask("/cam/feed", version: "1.0")
    #expect(old.status == 200 && old.stage == .streaming)
    #expect(try lab.messages(old).count == lab.messages(try lab.handler.ask("/cam/feed")).count)
    // RFC 9110 §13.1.1: a feed has no entity tag.
    #expect(try lab.handler.ask("/cam/feed", ["If-Match: \"a\""]).status == 412)
    #expect(try lab.handler.ask("/none/feed").status == 404)
    #expect(Route(["feed"]) == .feed(stream: nil) && Route(["a", "feed"]) == .feed(stream: "a"))
  }
}

extension [FeedMessage] {
  /// The bytes of the chunks as texts.
  fileprivate var chunks: [String] {
    compactMap {
      $0.payload.map { String(decoding: $0.array, as: UTF8.self) }
    }
  }

  /// The numbers of the segments.
  fileprivate var numbers: [Int64] {
    compactMap { if case .segment(_, let start, _) = $0 { start.number } else { nil } }
  }
}
