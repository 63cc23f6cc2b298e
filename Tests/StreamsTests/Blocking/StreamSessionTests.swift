// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Media
import Packaging
import Sharing
import Streams
import TestSupport
import Testing
import Time

@Suite("A stream session with the real encoder", .serialized, .blocking)
struct StreamSessionTests {
  /// A small stream that logs into a list, and remembers its first live snapshot.
  final class Host: Sendable {
    let stream: StreamSession
    let lines: Locked<[String]>
    let began = SystemClock.monotonicTime
    private let first = Locked<(snapshot: WindowSnapshot, wall: WallTime, after: Interval)?>(nil)

    init(_ change: (inout StreamConfiguration) -> Void = { _ in }) throws {
      let segmentation = Segmentation(
        rate: .thirty, segmentMicroseconds: 500_000, partMicroseconds: 100_000)
      var configuration = StreamConfiguration(
        size: try #require(VideoSize(width: 320, height: 180)), bitrateKilobits: 300,
        segmentation: segmentation)
      configuration.preset = "ultrafast"
      configuration.playlistLength = 6
      configuration.retained = 12
      configuration.prefill = 6
      change(&configuration)
      let lines = Locked<[String]>([])
      self.lines = lines
      stream = StreamSession(
        configuration,
        log: Log(format: .text, least: .debug) { line in lines.withLock { $0.append(line) } })
      let (window, first, began) = (stream.window, first, began)
      window.subscribe { [weak window] in
        guard let snapshot = window?.snapshot else { return }
        guard snapshot.state != .starting else { return }
        let (wall, after) = (SystemClock.wallTime, SystemClock.monotonicTime - began)
        first.withLock { if $0 == nil { $0 = (snapshot, wall, after) } }
      }
    }

    func start() throws {
      stream.whenFinished { outcome in Issue.record("finished: \(outcome)") }
      try stream.start()
    }

    /// Waits for `condition`, at most a minute; the snapshot with which it held.
    func wait(_ condition: (WindowSnapshot) -> Bool) throws -> WindowSnapshot {
      let deadline = MonotonicTime.hangLimit
      while SystemClock.monotonicTime < deadline {
        let snapshot = stream.window.snapshot
        if condition(snapshot) { return snapshot }
        SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(2))
      }
      Issue.record("the condition did not hold")
      throw CancellationError()
    }

    /// The first snapshot that readers saw, and when.
    func firstLive() throws -> (snapshot: WindowSnapshot, wall: WallTime, after: Interval) {
      _ = try wait { $0.state != .starting }
      // The window changes a moment before its subscribers are called.
      while true {
        if let found = first.withLock({ $0 }) { return found }
        SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(1))
      }
    }
  }

  private static func chunks(_ snapshot: WindowSnapshot) -> [Chunk] {
    snapshot.segments.flatMap(\.chunks) + (snapshot.open?.chunks ?? [])
  }

  /// Checks the invariants without clock steps: consecutive frames, whole segments, IDRs at starts.
  private static func expectValid(_ snapshot: WindowSnapshot, _ segmentation: Segmentation) throws {
    let chunks = chunks(snapshot)
    let first = try #require(chunks.first).frameIndex
    #expect(chunks.map(\.frameIndex) == (0..<Int64(chunks.count)).map { first + $0 })
    #expect(segmentation.position(of: first) == 0)
    for chunk in chunks {
      #expect(chunk.isIndependent == (segmentation.position(of: chunk.frameIndex) == 0))
    }
    for segment in snapshot.segments.dropLast(snapshot.state == .ended ? 1 : 0) {
      #expect(segment.chunks.count == Int(segmentation.framesPerSegment))
      #expect(segment.parts.count == Int(segmentation.partsPerSegment))
    }
    for segment in snapshot.segments {
      #expect(!segment.startsDiscontinuity && !segment.isGap)
      #expect(segment.programDateTime == segmentation.grid.frameTime(of: segment.firstFrame).wall)
    }
    // "idr_pic_id ... If two consecutive access units in decoding order are both IDR access units,
    // the value shall differ"; copied segments make them neighbours if a segment is skipped.
    let header = try #require(snapshot.track).header.array
    let reader = try #require(IDRReader(header: header))
    let identifiers = try chunks.filter(\.isIndependent).map {
      try #require(reader.identifier(ofChunk: $0.bytes.array))
    }
    #expect(zip(identifiers, identifiers.dropFirst()).allSatisfy { $0 != $1 }, "\(identifiers)")
    // Decodes from the first to the last frame, at its times.
    var bytes = header
    for chunk in chunks { bytes += chunk.bytes.array }
    let file = try DecodedFile(bytes)
    #expect(file.errors.isEmpty)
    #expect(file.frames == chunks.count)
    #expect(file.times == chunks.map { segmentation.grid.ticks($0.frameIndex) })
    #expect(file.keys == chunks.map(\.isIndependent))
  }

  @Test(
    "the window is full when it goes live, up to the frame that is due, and live goes on from there"
  )
  func prefill() throws {
    let host = try Host()
    defer { host.stream.end() }
    try host.start()
    let (first, wall, after) = try host.firstLive()
    let segmentation = host.stream.configuration.segmentation
    print("playable after \(after.milliseconds) ms")
    #expect(first.state == .live)
    #expect(first.segments.count >= 6)
    #expect(first.segments.allSatisfy { $0.isPrefill })
    #expect(Self.chunks(first).allSatisfy { $0.published == .origin })
    try Self.expectValid(first, segmentation)
    // The capture time of prefill is its frame time.
    for chunk in Self.chunks(first) {
      #expect(chunk.captured == segmentation.grid.frameTime(of: chunk.frameIndex).wall)
    }
    let newest = try #require(Self.chunks(first).last)
    let age = wall - segmentation.grid.frameTime(of: newest.frameIndex).wall
    #expect(age >= 0)
    // The window has the frame that was due when the session began.
    #expect(age <= after + .milliseconds(34), "the history ends \(age.milliseconds) ms ago")
    let later = try host.wait {
      ($0.segments.last?.number ?? 0) >= (first.segments.last?.number ?? 0) + 3
    }
    try Self.expectValid(later, segmentation)
    // No frame between prefill and live is missing or doubled, and none begins a segment early.
    let live = Self.chunks(later).filter { $0.published > .origin }
    #expect(live.first?.frameIndex == newest.frameIndex + 1)
    #expect(later.segments.last?.isPrefill == false)
    for chunk in live {
      #expect(chunk.captured == segmentation.grid.frameTime(of: chunk.frameIndex).wall)
      #expect(chunk.published >= chunk.captured)
    }
  }

  @Test("a prefill of one to three segments ends where live begins", arguments: [1, 2, 3])
  func shortPrefill(_ length: Int) throws {
    let host = try Host { $0.prefill = length }
    defer { host.stream.end() }
    try host.start()
    let first = try host.firstLive().snapshot
    #expect(first.segments.count >= length)
    let later = try host.wait { $0.segments.count >= length + 2 }
    try Self.expectValid(later, host.stream.configuration.segmentation)
  }

  @Test("without prefill the first published segment is whole")
  func noPrefill() throws {
    let host = try Host { $0.prefill = 0 }
    defer { host.stream.end() }
    try host.start()
    let first = try host.firstLive().snapshot
    #expect(first.segments.isEmpty)
    let later = try host.wait { $0.segments.count == 2 }
    try Self.expectValid(later, host.stream.configuration.segmentation)
    #expect(later.segments.allSatisfy { !$0.isPrefill && $0.published > .origin })
  }

  @Test("--numbering run begins with 1, the first prefill segment")
  func numberedRun() throws {
    let host = try Host { $0.numbering = .run }
    defer { host.stream.end() }
    try host.start()
    let snapshot = try host.firstLive().snapshot
    let first = try #require(snapshot.segments.first)
    #expect(host.stream.names.printed(first.number) == 1)
    #expect(host.stream.names.name(ofSegment: first.number) == "segment00001.m4s")
  }

  @Test("at the end the open segment becomes the last one; a second end has no effect")
  func end() throws {
    let host = try Host()
    try host.start()
    _ = try host.wait { Self.chunks($0).contains { $0.published > .origin } }
    host.stream.end()
    let ended = host.stream.window.snapshot
    #expect(ended.state == .ended)
    #expect(ended.open == nil)
    try Self.expectValid(ended, host.stream.configuration.segmentation)
    host.stream.end()
    #expect(host.stream.window.snapshot.version == ended.version)
  }

  @Test("leaving does not end the window")
  func leave() throws {
    let host = try Host()
    try host.start()
    _ = try host.firstLive()
    host.stream.leave()
    #expect(host.stream.window.snapshot.state == .live)
  }

  @Test("an end at any moment of the start ends the window", arguments: [0, 1, 5, 20, 60, 150])
  func earlyEnd(milliseconds: Int64) throws {
    let host = try Host()
    try host.start()
    SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(milliseconds))
    host.stream.end()
    let ended = host.stream.window.snapshot
    #expect(ended.state == .ended)
    // The prefill stops between two frames: an end before its first segment leaves nothing.
    if Self.chunks(ended).isEmpty { return }
    try Self.expectValid(ended, host.stream.configuration.segmentation)
  }

  @Test("a missing camera fails the start with its path")
  func missingCamera() throws {
    let host = try Host { $0.source = .camera(path: "/dev/video-none") }
    defer { host.stream.end() }
    let failure = #expect(throws: SessionFailure.self) { try host.start() }
    guard case .source(let reason) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(reason.contains("/dev/video-none"))
  }

  @Test("a camera that is awaited shows the slate, and one line in the log")
  func awaitedCamera() throws {
    let host = try Host {
      $0.source = .camera(path: "/dev/video-none")
      $0.waitsForSource = true
    }
    defer { host.stream.end() }
    try host.start()
    let first = try host.firstLive().snapshot
    let later = try host.wait {
      ($0.segments.last?.number ?? 0) >= (first.segments.last?.number ?? 0) + 2
    }
    try Self.expectValid(later, host.stream.configuration.segmentation)
    #expect(host.stream.statistics.repeatedFrames >= 15)
    #expect(!host.stream.statistics.isSourceOnline)
    #expect(
      host.lines.withLock { $0.count { $0.contains("warning") && $0.contains("video-none") } } == 1)
  }

  @Test("an unknown encoder falls back with a warning; an unknown preset fails the start")
  func encoders() throws {
    let host = try Host { $0.encoder = "no_such_encoder" }
    defer { host.stream.end() }
    try host.start()
    _ = try host.firstLive()
    #expect(
      host.lines.withLock { $0.contains { $0.contains("warning") && $0.contains("libx264") } })
    let wrong = try Host { $0.preset = "no-such-preset" }
    defer { wrong.stream.end() }
    let failure = #expect(throws: SessionFailure.self) { try wrong.start() }
    guard case .encoder = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  @Test("statistics count frames, parts and bytes")
  func statistics() throws {
    let host = try Host()
    try host.start()
    _ = try host.wait { Self.chunks($0).count { $0.published > .origin } > 20 }
    host.stream.end()
    let statistics = host.stream.statistics
    let live = Self.chunks(host.stream.window.snapshot).filter { $0.published > .origin }
    #expect(statistics.isSourceOnline)
    #expect(statistics.inputFrames + statistics.repeatedFrames >= UInt64(live.count))
    #expect(statistics.renditions[0].encoderDelay.counts.reduce(0, +) == UInt64(live.count))
    #expect(statistics.renditions[0].mediaBytes == live.reduce(0) { $0 + UInt64($1.bytes.count) })
    #expect(statistics.renditions[0].partLateness.counts.reduce(0, +) >= 6)
    #expect(statistics.renditions[0].overloads == 0 && statistics.clockSteps == 0)
    #expect(abs(host.stream.clockError) < 50_000_000)
  }
}
