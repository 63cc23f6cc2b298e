// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Glibc
import Isolation
import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("A stream that another process takes over", .serialized, .blocking)
struct HandoverTests {
  private static func configuration(_ bitrate: Int = 300) throws -> StreamConfiguration {
    var configuration = StreamConfiguration(
      size: try #require(VideoSize(width: 320, height: 180)), bitrateKilobits: bitrate,
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 500_000, partMicroseconds: 100_000))
    configuration.preset = "ultrafast"
    configuration.audioTracks = [AudioTrackSettings(.tone)]
    (configuration.playlistLength, configuration.retained, configuration.prefill) = (6, 12, 6)
    return configuration
  }

  private static func wait(
    _ location: SourceLocation = #_sourceLocation, _ condition: () -> Bool
  ) throws {
    let deadline = MonotonicTime.hangLimit
    while !condition() {
      try #require(SystemClock.monotonicTime < deadline, "lost", sourceLocation: location)
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(2))
    }
  }

  private static func log(_ lines: Locked<[String]>? = nil) -> Log {
    Log(format: .text, least: .debug) { line in lines?.withLock { $0.append(line) } }
  }

  /// The sessions that this process hands over: it has one socket.
  private static let offered = Locked<[String: StreamSession]>([:])
  private static let sender: HandoverSender? = {
    let sender = HandoverSender(log: log()) { name in offered.withLock { $0[name] } }
    sender?.start()
    return sender
  }()

  private static func offer(_ session: StreamSession) throws {
    offered.withLock { $0[session.configuration.name] = session }
    _ = try #require(sender)
  }

  @Test("each segment is made by one session, and both have its bytes")
  func continued() throws {
    let lines = Locked<[String]>([])
    let log = Self.log(lines)
    let old = StreamSession(try Self.configuration(), log: log)
    try old.start()
    defer { old.leave() }
    try Self.wait { !old.isStarting }
    try Self.offer(old)
    let new = StreamSession(
      try Self.configuration(), replacing: Predecessor(process: getpid()), log: log)
    try new.start()
    defer { new.leave() }
    let failure = Locked<String?>(nil)
    new.whenFinished { outcome in failure.withLock { $0 = "\(outcome)" } }
    try Self.wait {
      failure.withLock { $0 != nil }
        || new.renditions.allSatisfy { $0.window.snapshot.state == .live }
    }
    try #require(failure.withLock { $0 } == nil, "\(lines.withLock { $0 })")
    let ends = old.renditions.map { $0.window.snapshot.newestSegment }
    #expect(Set(ends).count == 1)
    let first = ends[0] + 1
    for (before, after) in zip(old.renditions, new.renditions) {
      try Self.wait { after.window.snapshot.newestSegment > first + 1 }
      let (left, right) = (before.window.snapshot, after.window.snapshot)
      #expect(left.open == nil)
      for segment in left.segments {
        let same = try #require(right.segment(segment.number))
        #expect(same.chunks.map(\.bytes.array) == segment.chunks.map(\.bytes.array))
        #expect(same.parts.map(\.duration) == segment.parts.map(\.duration))
      }
      let own = try #require(right.segment(first))
      #expect(own.duration == right.segment(first - 1)?.duration || before.track.name == "audio")
      #expect(own.chunks.first?.isIndependent == true && !own.startsDiscontinuity)
      #expect(!own.isPrefill && right.segments.allSatisfy { !$0.isGap })
      let frames = (right.segments + []).flatMap(\.chunks)
      #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.lastFrame + 1 == $1.frameIndex })
    }
  }

  @Test("the counts of a running stream are told, and it goes on")
  func counts() throws {
    var configuration = try Self.configuration()
    configuration.name = "counts"
    var before = WindowEnd(segment: 5, discontinuities: 7, period: 9)
    before.targetDuration = 4
    configuration.earlier = before
    let old = StreamSession(configuration, log: Self.log())
    try old.start()
    defer { old.leave() }
    try Self.wait { !old.isStarting }
    try Self.offer(old)
    defer { Self.offered.withLock { $0["counts"] = nil } }
    let own = Predecessor(process: getpid())
    #expect(HandoverCounts(of: "other", from: own) == nil)
    #expect(HandoverCounts(of: "counts", from: Predecessor(process: 1)) == nil)
    let least = old.window.snapshot.newestSegment
    let end = try #require(HandoverCounts(of: "counts", from: own)).end
    #expect((least...old.window.snapshot.newestSegment + 1).contains(end.segment))
    // A window after another one begins with a Discontinuity and a period.
    #expect(end.discontinuities == 8 && end.period == 10 && end.targetDuration == 4)
    try Self.wait { old.window.snapshot.newestSegment > end.segment + 1 }
  }

  @Test("a session whose windows go live one after another is handed over when all are")
  func starting() throws {
    var configuration = try Self.configuration()
    configuration.name = "starting"
    let session = StreamSession(configuration, log: Self.log())
    let windows = session.renditions.map(\.window)
    let newest: Int64 = 3_590_000_000
    func chunk(_ window: LiveWindow, _ number: Int64) -> Chunk {
      let segmentation = window.segmentation
      return Chunk(
        frameIndex: segmentation.firstFrame(of: number), isIndependent: true,
        duration: segmentation.ticksPerFrame, captured: .origin, published: .origin,
        bytes: SharedBytes("x"))
    }
    for window in windows { window.appendPrefill(chunk(window, newest)) }
    windows[0].goLive()
    #expect(session.leave(after: HandoverSender.margin) == nil)
    try Self.offer(session)
    defer { Self.offered.withLock { $0["starting"] = nil } }
    let pipe = try #require(HandoverSocket.connect(to: getpid()))
    let terms = try #require(HandoverTerms(configuration))
    pipe.send(FeedMessage.stream(version: FeedMessage.version, Array(terms.text.utf8)))
    // An answer or a refusal would come at once.
    #expect(throws: MessagePipe.Failure.silent) {
      try pipe.receive(FeedMessage.self, until: SystemClock.monotonicTime + .milliseconds(100))
    }
    windows[1].goLive()
    let limit = MonotonicTime.hangLimit
    guard case .stream(_, let fields) = try pipe.receive(until: limit).message.get() as FeedMessage
    else {
      Issue.record("no answer")
      return
    }
    var reader = FieldReader(fields)
    let first = try reader.integer("a segment number", in: FieldReader.numbers)
    #expect(first > newest)
    // The prefill of both windows follows.
    var begun: Set<UInt8> = []
    while begun.count < windows.count {
      let message: FeedMessage = try pipe.receive(until: limit).message.get()
      guard case .segment(let track, let start, _) = message else { continue }
      #expect(start.number == newest)
      begun.insert(track)
    }
    // The other process is gone, which the next message shows.
    pipe.shutDown()
    windows[0].publish(chunk(windows[0], newest + 1))
  }

  @Test("a stream with other frames is not handed over")
  func others() throws {
    let terms = try #require(HandoverTerms(try Self.configuration()))
    #expect(HandoverTerms.name(in: terms.text) == "live")
    // The bitrate is a matter of the header.
    let larger = try Self.configuration(900)
    #expect(HandoverTerms(larger) == terms)
    var other = try Self.configuration()
    other.segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    #expect(HandoverTerms(other) != terms)
    other = try Self.configuration()
    other.audioTracks = []
    #expect(HandoverTerms(other) != terms)
    other.numbering = .run
    #expect(HandoverTerms(other) == nil)
  }

  @Test("without a process to take it from, the stream begins with slate")
  func alone() throws {
    let session = StreamSession(
      try Self.configuration(), replacing: Predecessor(process: 1), log: Self.log())
    try session.start()
    defer { session.leave() }
    try Self.wait { session.window.snapshot.state == .live }
    #expect(session.window.snapshot.segments.allSatisfy { $0.isPrefill })
  }
}
