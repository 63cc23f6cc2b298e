// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import ChunkStream
import Logging
import Media
import Net
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("A stream of another server", .blocking)
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

  private func receiver() throws -> (UpstreamSession, LiveWindow) {
    let description = FeedDescription(session(), path: ["a"])
    let configuration = description.configuration(named: "copy")
    let window = LiveWindow(segmentation: .video(segmentation), playlistLength: 7, retained: 9)
    let context = SessionContext(
      configuration, anchor: SessionAnchor(configuration), sinks: [window],
      log: Log(format: .text, least: .error) { _ in })
    return (UpstreamSession(context, windows: [window]), window)
  }

  private func segment(_ number: Int64, gap: Int64? = nil) -> FeedMessage {
    .segment(
      0,
      SegmentStart(
        number: number, firstFrame: number * 30,
        programDateTime: .origin + .seconds(number), startsDiscontinuity: false,
        period: period(), isPrefill: false, discontinuities: 4), gap: gap)
  }

  private func period(
    from segment: Int64? = nil, at frame: Int64? = nil, hash: String? = nil
  ) -> DiscontinuityPeriod {
    DiscontinuityPeriod(
      index: 1, firstSegment: segment, firstFrame: frame, offset: .zero, headerHash: hash)
  }

  private func chunk(
    _ index: Int64, segment: Int64? = nil, duration: Int64 = 3000, shift: Int64 = 0,
    bytes: SharedBytes? = nil
  ) -> FeedMessage {
    let sample = Sample(
      payload: [1, 2, 3], decodeTime: max(0, index), duration: 3000, captured: .origin, sequence: 1,
      isSync: index % 30 == 0)
    let chunk = Chunk(
      frameIndex: index, segment: segment, isIndependent: index % 30 == 0, duration: duration,
      shift: shift, captured: .origin, published: .origin,
      bytes: bytes ?? ChunkWriter().chunk(sample, startsSegment: false))
    return .chunk(ChunkMessage(chunk, track: 0))
  }

  private func take(_ messages: [FeedMessage], _ receiver: UpstreamSession) throws {
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

  @Test("the audio tracks of a description are those of the session; names and default are unique")
  func audioTracks() throws {
    let names = ["english", "deutsch", "audio"]
    var configuration = StreamConfiguration(size: .hd720, segmentation: segmentation)
    configuration.audioTracks = zip(names, ["eng", "deu", "und"]).map { name, language in
      var track = AudioTrackSettings(
        .tone, encoder: AudioEncoderSettings(sampleRate: 44_100, language: Language(language)))
      (track.name, track.isDefault) = (name, name == "deutsch")
      return track
    }
    func description() throws -> FeedDescription {
      let session = StreamSession(configuration, log: Log(format: .text, least: .error) { _ in })
      return try FeedDescription(fields: FeedDescription(session, path: ["a"]).fields)
    }
    let copy = try description().configuration(named: "copy")
    #expect(copy.tracks.map(\.name) == ["video"] + names)
    #expect(copy.audioTracks.map(\.encoder) == configuration.audioTracks.map(\.encoder))
    #expect(copy.audioTracks.map(\.isDefault) == [false, true, false])
    configuration.audioTracks[0].name = "auto"
    #expect(throws: MessageError.self) { try description() }
    configuration.audioTracks[0].name = "deutsch"
    #expect(throws: MessageError.self) { try description() }
    configuration.audioTracks[0].name = "english"
    configuration.audioTracks[0].isDefault = true
    #expect(throws: MessageError.self) { try description() }
    configuration.audioTracks = (0..<31).map { index in
      var track = AudioTrackSettings(.tone)
      (track.name, track.isDefault) = ("a\(index)", false)
      return track
    }
    #expect(try description().configuration(named: "copy").tracks.count == 32)
    configuration.audioTracks.append(AudioTrackSettings(.tone))
    #expect(throws: MessageError.self) { try description() }
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
      chunk(1 << 47), chunk(151, bytes: SharedBytes([1, 2, 3])), chunk(151, segment: 6),
      chunk(151, shift: 3000),
      start(6, of: 3), start(6, firstFrame: 7), start(6, period(hash: "00000000")),
    ] as [FeedMessage] {
      #expect(throws: MessageError.self) { try receiver.handle(message) }
    }
    try take([chunk(150), chunk(151), segment(6, gap: 90_000)], receiver)
    #expect(throws: MessageError.self) { try receiver.handle(chunk(180)) }
    #expect(window.snapshot.segments.map(\.number) == [5, 6])
    #expect(window.snapshot.segments.map(\.chunks.count) == [2, 0])
  }

  private func start(
    _ number: Int64, of track: UInt8 = 0, firstFrame: Int64? = nil,
    _ period: DiscontinuityPeriod? = nil
  ) -> FeedMessage {
    .segment(
      track,
      SegmentStart(
        number: number, firstFrame: firstFrame ?? number * 30, programDateTime: .origin,
        startsDiscontinuity: false, period: period ?? self.period(), isPrefill: false,
        discontinuities: 0), gap: nil)
  }

  @Test("a segment without media is not followed by another one, and opens no window")
  func empty() throws {
    let (receiver, window) = try receiver()
    try take([.track(0, track), segment(5)], receiver)
    #expect(throws: MessageError.self) { try receiver.handle(.current) }
    #expect(throws: MessageError.self) { try receiver.handle(segment(6)) }
    try take([chunk(150), .current, segment(6)], receiver)
    #expect(throws: MessageError.self) { try receiver.handle(segment(7)) }
    // The next connection begins with the segment again.
    receiver.disconnect()
    #expect(receiver.nextSegment == 6)
    try take([.track(0, track), segment(6), chunk(180), segment(7), chunk(210)], receiver)
    #expect(window.snapshot.segments.map(\.number) == [5, 6])
    #expect(window.snapshot.segment(6)?.chunks.count == 1)
  }

  @Test("a period that begins after its segment, and numbers of other centuries, are refused")
  func periods() throws {
    let (receiver, _) = try receiver()
    try take([.track(0, track)], receiver)
    let rows: [(Int64?, Int64?)] = [
      (6, 150), (1 << 40, 150), (5, 151), (5, 1 << 48), (nil, 1 << 48),
    ]
    for (number, frame) in rows {
      let wrong = start(5, period(from: number, at: frame))
      #expect(throws: MessageError.self) { try receiver.handle(wrong) }
    }
    #expect(throws: MessageError.self) { try receiver.handle(segment(1 << 40)) }
    #expect(try receiver.handle(start(5, period(from: 5, at: 150))) == .kept)
  }

  @Test("a description with longer segments than options permit, or a late one, is refused")
  func limits() throws {
    func isRead(_ seconds: Int64, group: Int64? = nil, rate: FrameRate = .thirty) -> Bool {
      let segmentation = Segmentation(
        rate: rate, segmentMicroseconds: seconds * 1_000_000, partMicroseconds: 100_000,
        maximumGroupMicroseconds: group.map { $0 * 1_000_000 })
      let configuration = StreamConfiguration(size: .hd720, segmentation: segmentation)
      let session = StreamSession(configuration, log: Log(format: .text, least: .error) { _ in })
      let sent = FeedDescription(session, path: ["a"])
      return (try? FeedDescription(fields: sent.fields)) == sent
    }
    #expect(isRead(20, group: 20) && isRead(60) && !isRead(61) && !isRead(40, group: 21))
    let fast = try #require(FrameRate(1000))
    #expect(isRead(60, rate: fast))
    var configuration = StreamConfiguration(size: .hd720, segmentation: segmentation)
    for (number, isPermitted) in [(1 << 30, true), (1 << 40, false)] as [(Int64, Bool)] {
      configuration.source = .upstream(
        UpstreamFacts(
          identity: 1, firstSegment: number, inputDelay: .zero, audioDelay: .zero))
      configuration.numbering = .run
      let session = StreamSession(configuration, log: Log(format: .text, least: .error) { _ in })
      let fields = FeedDescription(session, path: ["a"]).fields
      #expect(((try? FeedDescription(fields: fields)) != nil) == isPermitted)
    }
  }

  @Test("no request for a far segment traps, whatever the segments of an upstream")
  func farRequests() throws {
    let fast = try #require(FrameRate(1000))
    for group in [nil, 1] as [Int64?] {
      let long = Segmentation(
        rate: fast, segmentMicroseconds: 59_000_000, partMicroseconds: 20_000_000,
        maximumGroupMicroseconds: group.map { $0 * 1_000_000 })
      for numbering in MediaNames.Numbering.allCases {
        let names = MediaNames(numbering, first: 150_000_000)
        let number = try #require(names.segment(printed: 99_999_999_999_999))
        for track in [
          TrackSegmentation.video(long),
          .audio(try #require(AudioSegmentation(following: long, sampleRate: 96_000))),
        ] {
          let frames = WindowSnapshot.framesUntil(
            number, newest: 150_000_000, edge: nil, track)
          #expect(frames > 1 << 40)
        }
      }
    }
  }

  @Test("events are JSON texts; others are ignored")
  func events() throws {
    let (receiver, window) = try receiver()
    try take([.track(0, track), segment(5), chunk(150), .current], receiver)
    func event(_ id: UInt32, _ text: String) -> FeedMessage {
      .event(0, TimedEvent(id: id, time: .origin + .seconds(5), data: Array(text.utf8)))
    }
    try take([event(1, "[1,]"), event(2, "{}"), event(3, "01")], receiver)
    #expect(window.snapshot.events.map(\.id) == [2])
  }

  @Test("a link is idle before the source runs and after its end")
  func idle() throws {
    let link = UpstreamLink(try #require(UpstreamAddress("http://127.0.0.1:1/live/")))
    #expect(link.status.state == .idle)
    let source = UpstreamSource(
      link, .system, stream: "s", agent: "test", log: Log(format: .text, least: .error) { _ in })
    let start = StartCancellation()
    let thread = OSThread(name: "begin") { _ = try? source.begin(start) }
    let limit = MonotonicTime.hangLimit
    while link.status.reason == nil, SystemClock.monotonicTime < limit {
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(10))
    }
    #expect(link.status.state == .connecting && link.status.reason != nil)
    start.cancel()
    thread?.join()
    source.stop()
    #expect(link.status.state == .idle && link.status.reason == nil)
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
    #expect(count == ServerIdentity.maximumServers)
    link.become(.connected)
    #expect(link.status.state == .connected)
  }
}
