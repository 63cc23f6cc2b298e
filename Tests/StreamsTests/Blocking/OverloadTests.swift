// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("A rendition thread that does not keep up", .blocking)
struct OverloadTests {
  @Test(
    "a thread with seconds of waiting slots encodes a frame per part until it has caught up"
  )
  func thread() throws {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(
      size: try #require(VideoSize(width: 320, height: 180)), segmentation: segmentation)
    configuration.preset = "ultrafast"
    let lines = Locked<[String]>([])
    let window = LiveWindow(segmentation: .video(segmentation), playlistLength: 6, retained: 9)
    let feed = SlotFeed(renditions: 1, capacity: 3)
    let statistics = Locked(StreamStatistics())
    let now = SystemClock.monotonicTime
    let clock = StreamClock(
      wall: WallTime(now, plus: SystemClock.wallMinusMonotonic), monotonic: now)
    let first = segmentation.firstFrame(
      of: segmentation.segment(of: clock.frame(nearest: now, on: segmentation.grid)) - 2)
    let slate = try SlateFrame.make(size: configuration.size)
    feed.open(
      SlotSchedule(
        segmentation: segmentation, clock: clock, first: first, inputDelay: 0, initial: slate))
    // Two to three seconds at once, then slots at the rate of the grid.
    feed.closeDueSlots()
    let thread = RenditionThread(
      configuration: configuration, window: window, renditionIndex: 0, feed: feed,
      keys: KeyRequests(configuration), load: Locked(LadderLoadState(count: 1)),
      isLeaving: { false },
      statistics: statistics, watch: CallWatchdog(),
      log: Log(format: .text, least: .info) { line in lines.withLock { $0.append(line) } })
    let settings = configuration
    let encoder = OSThread(name: "test") {
      do {
        var track = try VideoTrack(settings, settings.renditions[0], window: window)
        try thread.run(&track)
      } catch { Issue.record("\(error)") }
    }
    #expect(encoder != nil)
    let deadline = MonotonicTime.hangLimit
    while SystemClock.monotonicTime < deadline, lines.withLock({ $0.count }) < 2 {
      feed.closeDueSlots()
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(10))
    }
    feed.close()
    encoder?.join()
    let snapshot = window.snapshot
    let chunks = snapshot.segments.flatMap(\.chunks) + (snapshot.open?.chunks ?? [])
    // Each frame time has a frame, and each part begins where it always does.
    var next = first
    for chunk in chunks {
      #expect(chunk.frameIndex == next)
      #expect(chunk.duration == chunk.frames * segmentation.grid.rate.ticksPerFrame)
      next = chunk.lastFrame + 1
    }
    #expect(next - first >= 60)
    #expect(chunks.prefix(15).allSatisfy { $0.frames == 3 }, "the waiting slots")
    #expect(chunks.last?.frames == 1)
    for segment in snapshot.segments { #expect(segment.parts.count == 10) }
    let joined = chunks.reduce(0) { $0 + UInt64($1.frames - 1) }
    #expect(statistics.withLock { $0.renditions[0].slotsWithoutFrame } == joined)
    #expect(snapshot.segments.count >= 2)
    #expect(statistics.withLock { $0.renditions[0].overloads } == 1)
    let written = lines.withLock { $0 }
    #expect(written.count == 2)
    #expect(written.first?.contains("warning") == true)
    #expect(written.last?.contains("caught up") == true)
  }

  @Test("a rendition that is left out has pictures that stand still, of which few are encoded")
  func stills() throws {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 260_000)
    var configuration = StreamConfiguration(
      size: try #require(VideoSize(width: 320, height: 180)), segmentation: segmentation)
    configuration.preset = "ultrafast"
    let window = LiveWindow(segmentation: .video(segmentation), playlistLength: 6, retained: 9)
    let feed = SlotFeed(renditions: 1, capacity: 3)
    let statistics = Locked(StreamStatistics())
    let now = SystemClock.monotonicTime
    let clock = StreamClock(
      wall: WallTime(now, plus: SystemClock.wallMinusMonotonic), monotonic: now)
    let current = segmentation.segment(of: clock.frame(nearest: now, on: segmentation.grid))
    let first = segmentation.firstFrame(of: current - 2)
    let slate = try SlateFrame.make(size: configuration.size)
    feed.open(
      SlotSchedule(
        segmentation: segmentation, clock: clock, first: first, inputDelay: 0, initial: slate))
    feed.closeDueSlots()
    let load = Locked(LadderLoadState(count: 2))
    load.withLock { $0.observe(1, .behind, now: now - .milliseconds(600)) }
    load.withLock { $0.observe(1, .behind, now: now) }
    let thread = RenditionThread(
      configuration: configuration, window: window, renditionIndex: 0, feed: feed,
      keys: KeyRequests(configuration), load: load, isLeaving: { false },
      statistics: statistics, watch: CallWatchdog(), log: Log(format: .text, least: .error) { _ in }
    )
    let settings = configuration
    let encoder = OSThread(name: "test") {
      do {
        var track = try VideoTrack(settings, settings.renditions[0], window: window)
        try thread.run(&track)
      } catch { Issue.record("\(error)") }
    }
    let deadline = MonotonicTime.hangLimit
    while SystemClock.monotonicTime < deadline, window.snapshot.segments.count < 2 {
      feed.closeDueSlots()
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(10))
    }
    feed.close()
    encoder?.join()
    let snapshot = window.snapshot
    let chunks = snapshot.segments.flatMap(\.chunks) + (snapshot.open?.chunks ?? [])
    var next = first
    for chunk in chunks {
      #expect(chunk.frameIndex == next && chunk.isStill)
      next = chunk.lastFrame + 1
    }
    // Neighbouring IDRs have different numbers; repeated ones have not.
    for (one, other) in zip(chunks, chunks.dropFirst()) {
      #expect(one.isIndependent != other.isIndependent)
    }
    #expect(snapshot.segments.count >= 2)
    for segment in snapshot.segments {
      #expect(segment.isListedAsGap && segment.parts.count == 4 && segment.chunks.count == 8)
    }
    let encoded = statistics.withLock { $0.renditions[0].encoderDelay.counts.reduce(0, +) }
    #expect(encoded >= 2 && encoded <= 2 * UInt64(snapshot.segments.count + 1))
    #expect(statistics.withLock { $0.renditions[0].segmentsLeftOut } >= 2)
  }

  @Test("segments more than five seconds late are left out, and the others encoded")
  func skipped() throws {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(
      size: try #require(VideoSize(width: 320, height: 180)), segmentation: segmentation)
    configuration.preset = "ultrafast"
    let window = LiveWindow(segmentation: .video(segmentation), playlistLength: 60, retained: 90)
    let feed = SlotFeed(renditions: 1, capacity: 3)
    let statistics = Locked(StreamStatistics())
    let now = SystemClock.monotonicTime
    let clock = StreamClock(
      wall: WallTime(now, plus: SystemClock.wallMinusMonotonic), monotonic: now)
    let current = segmentation.segment(of: clock.frame(nearest: now, on: segmentation.grid))
    let first = current - 20
    let slate = try SlateFrame.make(size: configuration.size)
    feed.open(
      SlotSchedule(
        segmentation: segmentation, clock: clock, first: segmentation.firstFrame(of: first),
        inputDelay: 0, initial: slate))
    feed.closeDueSlots()
    let newest = clock.frame(nearest: now, on: segmentation.grid) - 1
    var track = try VideoTrack(configuration, configuration.renditions[0], window: window)
    window.goLive()
    // When the first segment was encoded, and those before it had been left out.
    let begun = Locked<MonotonicTime?>(nil)
    window.subscribe { [weak window] in
      guard let snapshot = window?.snapshot, snapshot.open?.chunks.isEmpty == false else { return }
      begun.withLock { $0 = $0 ?? SystemClock.monotonicTime }
    }
    let started = SystemClock.monotonicTime
    let thread = RenditionThread(
      configuration: configuration, window: window, renditionIndex: 0, feed: feed,
      keys: KeyRequests(configuration), load: Locked(LadderLoadState(count: 1)),
      isLeaving: { false },
      statistics: statistics, watch: CallWatchdog(),
      log: Log(format: .text, least: .error) { _ in })
    let closer = OSThread(name: "test") {
      func last() -> Int64 {
        (window.snapshot.open?.chunks.last ?? window.snapshot.segments.last?.chunks.last)?
          .lastFrame ?? 0
      }
      let deadline = SystemClock.monotonicTime + .seconds(60)
      while last() < newest, SystemClock.monotonicTime < deadline {
        SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(5))
      }
      feed.close()
    }
    try thread.run(&track)
    closer?.join()
    let segments = window.snapshot.segments
    #expect(segments.map(\.number) == segments.indices.map { first + Int64($0) })
    let gaps = segments.filter(\.isGap).map(\.number)
    #expect(gaps == (first..<first + Int64(gaps.count)).map(\.self), "only the oldest")
    // A segment more than five seconds late is a gap; the lateness is judged between these times.
    let (least, most) = (started - now, (begun.withLock { $0 } ?? started) - now)
    #expect(gaps.count >= Int(13 + least.wholeSeconds))
    #expect(gaps.count <= Int(16 + most.wholeSeconds))
    #expect(segments.last { !$0.isGap }?.chunks.reduce(0) { $0 + $1.frames } == 30)
    #expect(statistics.withLock { $0.renditions[0].segmentsLeftOut } == UInt64(gaps.count))
  }
}
