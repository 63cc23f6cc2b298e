// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Logging
import Media
import Packaging
import Sharing
import Testing
import Time

@testable import Streams

@Suite("A stream of another server")
struct UpstreamTests {
  private let segmentation = Segmentation(
    rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
  private let track: TrackFields

  init() throws {
    let encoder = try VideoEncoder(
      EncoderSettings(size: .hd720, rate: .thirty, bitrateKilobits: 2500))
    track = TrackFields(
      codecs: encoder.codecString, width: 1280, height: 720, channels: 0,
      header: try encoder.initSegment())
  }

  private func session() -> StreamSession {
    var configuration = StreamConfiguration(size: .hd720, segmentation: segmentation)
    configuration.numbering = .run
    configuration.playlistLength = 7
    return StreamSession(configuration, log: Log(format: .text, least: .error) { _ in })
  }

  private func receiver() throws -> (UpstreamReceiver, LiveWindow) {
    let description = FeedDescription(session(), path: ["a"])
    let configuration = description.configuration(named: "copy")
    let window = LiveWindow(segmentation: segmentation, playlistLength: 7, retained: 9)
    let context = SessionContext(
      configuration, anchor: SessionAnchor(configuration), outputs: [window], audioSink: nil,
      log: Log(format: .text, least: .error) { _ in })
    return (UpstreamReceiver(context, windows: [window]), window)
  }

  private func segment(_ number: Int64, gap: Int64? = nil) -> FeedMessage {
    .segment(
      0,
      FeedSegment(
        number: number, firstFrame: number * 30,
        programDateTime: .origin + .seconds(number), startsDiscontinuity: false, isPrefill: false,
        discontinuities: 4,
        period: FeedPeriod(
          index: 1, firstSegment: nil, firstFrame: nil, offset: .zero, headerHash: nil), gap: gap))
  }

  private func chunk(_ index: Int64, duration: Int64 = 3000) -> FeedMessage {
    .chunk(
      0,
      FeedChunk(
        frameIndex: index, frames: 1, isIndependent: index % 30 == 0, duration: duration,
        captured: .origin, published: .origin), SharedBytes([1, 2, 3]))
  }

  private func take(_ messages: [FeedMessage], _ receiver: UpstreamReceiver) throws {
    for message in messages { #expect(try receiver.handle(message) == .kept) }
  }

  @Test("a description is read as it was sent, and makes a session with the same names")
  func description() throws {
    let session = session()
    let sent = FeedDescription(session, path: ["0123456789abcdef", "b"])
    let read = try FeedDescription(fields: sent.fields)
    #expect(read == sent && read.isSameSession(as: FeedDescription(session, path: ["c"])))
    #expect(!read.isSameSession(as: FeedDescription(self.session(), path: sent.path)))
    let copy = StreamSession(
      read.configuration(named: "copy"), log: Log(format: .text, least: .error) { _ in })
    #expect(copy.names == session.names && copy.identity == session.identity)
    #expect(copy.configuration.playlistLength == 7 && copy.configuration.name == "copy")
    #expect(FeedDescription(copy, path: sent.path) == sent)
    for count in 0..<sent.fields.count {
      #expect(throws: MessageError.self) {
        try FeedDescription(fields: Array(sent.fields.prefix(count)))
      }
    }
  }

  @Test("the media open the window when they are current, and continue after an interruption")
  func media() throws {
    let (receiver, window) = try receiver()
    #expect(receiver.nextSegment == nil)
    try take([.track(0, track), segment(5)] + (150..<180).map { chunk($0) }, receiver)
    try take([segment(6)] + (180..<190).map { chunk($0) }, receiver)
    #expect(window.snapshot.state == .starting)
    try take([.current], receiver)
    #expect(window.snapshot.state == .live && window.snapshot.evictedDiscontinuities == 4)
    #expect(receiver.nextSegment == 6)
    receiver.disconnect()
    try take([.track(0, track), segment(6)] + (180..<210).map { chunk($0) }, receiver)
    try take([segment(7, gap: 90_000), segment(8), chunk(240), .current], receiver)
    let snapshot = window.snapshot
    #expect(snapshot.segments.map(\.number) == [5, 6, 7])
    #expect(snapshot.segments.map(\.chunks.count) == [30, 30, 0])
    #expect(snapshot.open?.number == 8 && snapshot.open?.chunks.count == 1)
    try take([.ended], receiver)
    #expect(window.snapshot.state == .ended)
  }

  @Test("a feed that lacks a segment does not continue the session")
  func missing() throws {
    let (receiver, _) = try receiver()
    try take([.track(0, track), segment(5), chunk(150)], receiver)
    #expect(try receiver.handle(segment(7)) == .lost)
  }

  @Test("messages that no server sends are refused, and change nothing")
  func refused() throws {
    let (receiver, window) = try receiver()
    for early in [segment(5), chunk(150), .current, .track(1, track), .status([])] {
      #expect(throws: MessageError.self) { try receiver.handle(early) }
    }
    try take([.track(0, track), segment(5), chunk(150)], receiver)
    var wrong = track
    wrong.codecs = "avc1.640028"
    for message in [
      .stream(version: 1, []), .track(0, wrong), chunk(180), chunk(151, duration: 1),
      chunk(1 << 47), .segment(3, fields(6)), .segment(0, fields(6, firstFrame: 7)),
      .segment(0, fields(6, hash: "00000000")),
    ] as [FeedMessage] {
      #expect(throws: MessageError.self) { try receiver.handle(message) }
    }
    try take([chunk(150), chunk(151), segment(6, gap: 90_000)], receiver)
    #expect(throws: MessageError.self) { try receiver.handle(chunk(180)) }
    #expect(window.snapshot.segments.map(\.number) == [5, 6])
    #expect(window.snapshot.segments.map(\.chunks.count) == [2, 0])
  }

  private func fields(
    _ number: Int64, firstFrame: Int64? = nil, hash: String? = nil
  ) -> FeedSegment {
    FeedSegment(
      number: number, firstFrame: firstFrame ?? number * 30, programDateTime: .origin,
      startsDiscontinuity: false, isPrefill: false, discontinuities: 0,
      period: FeedPeriod(
        index: 1, firstSegment: nil, firstFrame: nil, offset: .zero, headerHash: hash), gap: nil)
  }

  @Test("an address is that of a stream; its description has no secret")
  func address() throws {
    let plain = try #require(UpstreamAddress("http://host:8080/live/"))
    #expect(plain.feedURL(from: nil) == "http://host:8080/live/feed")
    #expect(plain.feedURL(from: 7) == "http://host:8080/live/feed?segment=7")
    let root = try #require(UpstreamAddress("HTTPS://user:secret@host?token=a.b.c"))
    #expect(root.feedURL(from: 7) == "https://user:secret@host/feed?token=a.b.c&segment=7")
    let token = try #require(UpstreamAddress("http://host/t/k.1900000000.s.c2lnbmF0dXJl/live"))
    for secret in ["secret", "a.b.c", "c2lnbmF0dXJl"] {
      #expect(!"\(root) \(token)".contains(secret))
    }
    for wrong in [
      "rtsp://host/live", "clip.mp4", "http://h/live/playlist.m3u8", "http://h/a b", "",
    ] {
      #expect(UpstreamAddress(wrong) == nil)
    }
  }

  @Test("a link names this server, and the servers that wait for the stream")
  func link() throws {
    let link = UpstreamLink(try #require(UpstreamAddress("http://host/")))
    #expect(link.identities() == ServerIdentity.own)
    #expect(ServerIdentity.isValid(ServerIdentity.own) && ServerIdentity.own.count == 16)
    link.note(["a", "b"])
    link.note(["c", "a"])
    #expect(link.identities() == "b, c, a, \(ServerIdentity.own)")
    link.note((0..<20).map { "x\($0)" })
    let count = link.identities().split(separator: ",").count
    #expect(count == ServerIdentity.mostServers)
    link.become(.connected)
    #expect(link.status.state == .connected)
  }
}
