// SPDX-License-Identifier: Apache-2.0

import Glibc
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

  @Test("each segment is made by one session, and both have its bytes")
  func continued() throws {
    let lines = Locked<[String]>([])
    let log = Self.log(lines)
    let old = StreamSession(try Self.configuration(), log: log)
    try old.start()
    defer { old.leave() }
    try Self.wait { old.window.snapshot.state == .live }
    let sender = try #require(HandoverSender(log: log) { $0 == "live" ? old : nil })
    sender.start()
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
    let log = Self.log()
    var configuration = try Self.configuration()
    var before = WindowEnd(segment: 5, discontinuities: 7, period: 9)
    before.targetDuration = 4
    configuration.earlier = before
    let old = StreamSession(configuration, log: log)
    try old.start()
    defer { old.leave() }
    try Self.wait { old.window.snapshot.state == .live }
    let sender = try #require(HandoverSender(log: log) { $0 == "live" ? old : nil })
    sender.start()
    let own = Predecessor(process: getpid())
    #expect(HandoverCounts(of: "other", from: own) == nil)
    #expect(HandoverCounts(of: "live", from: Predecessor(process: 1)) == nil)
    let least = old.window.snapshot.newestSegment
    let end = try #require(HandoverCounts(of: "live", from: own)).end
    #expect((least...old.window.snapshot.newestSegment + 1).contains(end.segment))
    // A window after another one begins with a Discontinuity and a period.
    #expect(end.discontinuities == 8 && end.period == 10 && end.targetDuration == 4)
    try Self.wait { old.window.snapshot.newestSegment > end.segment + 1 }
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
