// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Foundation
import Logging
import Media
import Packaging
import Scheduling
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("A pulled input, from a file", .serialized, .blocking)
struct PulledSourceTests {
  /// A file of the test pattern at 25 frames per second, with one IDR per second.
  private final class Clip {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("input-\(UUID().uuidString).mp4").path

    init(frames: Int64 = 25) throws {
      let size = try #require(VideoSize("320x180"))
      let rate = try #require(FrameRate(25))
      var encoder = try VideoEncoder(
        EncoderSettings(size: size, rate: rate, bitrateKilobits: 300, preset: "ultrafast"))
      let pattern = try TestPattern(size: size)
      let grid = FrameGrid(rate: rate)
      var bytes = try encoder.initSegment()
      for index in 0..<frames {
        for coded in try encoder.encode(
          pattern.draw(frame: index, milliseconds: index * 40), pts: grid.ticks(index),
          independent: index % 25 == 0)
        {
          let sample = Sample(
            payload: coded.bytes, decodeTime: coded.pts, duration: UInt32(rate.ticksPerFrame),
            captured: 0, sequence: UInt32(index + 1), isSync: coded.isIndependent)
          bytes += ChunkWriter().chunk(sample, startsSegment: index == 0).array
        }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private func source(_ path: String, loops: Bool) throws -> PulledSource {
    var order = StartOrder(try #require(InputAddress(path)), name: "live")
    order.loops = loops
    return PulledSource(
      order, published: nil, log: Log(format: .text, least: .error) { _ in })
  }

  private func wait(_ what: String, _ condition: () -> Bool) throws {
    let deadline = MonotonicTime.hangLimit
    while !condition() {
      try #require(SystemClock.monotonicTime < deadline, "no \(what)")
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(2))
    }
  }

  private func configuration(
    _ facts: SourceFacts
  ) throws -> StreamConfiguration {
    var configuration = StreamConfiguration(
      size: try #require(facts.description.video.size), bitrateKilobits: 300,
      segmentation: Segmentation(
        rate: facts.rate, segmentMicroseconds: 400_000, partMicroseconds: 80_000))
    configuration.preset = "ultrafast"
    configuration.playlistLength = 6
    configuration.prefill = 6
    configuration.source = .network(facts)
    return configuration
  }

  @Test("its facts are known before its session exists; then its frames follow one another")
  func file() throws {
    let clip = try Clip()
    let source = try source(clip.path, loops: true)
    let facts = try source.begin(StartCancellation())
    #expect(facts.rate.description == "25" && facts.description.isPaced)
    #expect(facts.description.video.size == VideoSize("320x180"))
    let stream = StreamSession(
      try configuration(facts), source: .inProcess(source),
      log: Log(format: .text, least: .error) { _ in })
    stream.whenFinished { Issue.record("finished: \($0)") }
    try stream.start()
    try wait("a second and a half of frames") { stream.statistics.inputFrames > 37 }
    let repeated = stream.statistics.repeatedFrames
    #expect(stream.statistics.isSourceOnline)
    stream.end()
    #expect(stream.window.snapshot.state == .ended)
    print("\(repeated) of \(stream.statistics.inputFrames) slots repeat a frame")
  }

  @Test("the end of a file that does not loop is the outcome of the session, once")
  func end() throws {
    let clip = try Clip()
    let source = try source(clip.path, loops: false)
    let facts = try source.begin(StartCancellation())
    let told = Locked(0)
    let stream = StreamSession(
      try configuration(facts), source: .inProcess(source),
      log: Log(format: .text, least: .error) { _ in })
    stream.whenFinished { outcome in
      if case .sourceEnded = outcome { told.withLock { $0 += 1 } }
    }
    try stream.start()
    try wait("the end") { told.withLock { $0 } == 1 }
    stream.end()
    #expect(told.withLock { $0 } == 1)
  }

  @Test("a file begins with its first frame, even if its session exists at once")
  func fromItsBeginning() throws {
    let clip = try Clip(frames: 40)
    let source = try source(clip.path, loops: false)
    let size = try #require(VideoSize("320x180"))
    let segmentation = Segmentation(
      rate: try #require(FrameRate(25)), segmentMicroseconds: 400_000, partMicroseconds: 80_000)
    let feed = SlotFeed(renditions: 1, capacity: 100)
    let grid = segmentation.grid
    let clock = StreamClock(wall: SystemClock.wallTime, monotonic: SystemClock.monotonicTime)
    let first = clock.frame(atOrAfter: SystemClock.monotonicTime, on: grid)
    feed.open(
      SlotSchedule(
        segmentation: segmentation, clock: clock, first: first, inputDelay: 0,
        initial: try SlateFrame.make(size: size)))
    source.attach(
      InputTarget(
        video: .frames(to: feed, size: size, grid: grid), statistics: Locked(StreamStatistics())))
    let over = Locked(MonotonicTime.origin)
    source.whenEnded { over.withLock { $0 = SystemClock.monotonicTime } }
    _ = try source.begin(StartCancellation())
    let known = SystemClock.monotonicTime
    try wait("the end") { over.withLock { $0 } > .origin }
    source.stop()
    let played = over.withLock { $0 } - known
    #expect(played > 1_400_000_000, "40 frames at 25 per second take 1.6 seconds")
  }

  @Test("an input without video is refused at once")
  func audioAlone() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("input-\(UUID().uuidString).wav").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var wave: [UInt8] = Array("RIFF".utf8) + [36 + 160, 0, 0, 0] + Array("WAVEfmt ".utf8)
    wave += [16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0]
    wave += Array("data".utf8) + [160, 0, 0, 0] + [UInt8](repeating: 0, count: 160)
    try Data(wave).write(to: URL(fileURLWithPath: path))
    for loops in [true, false] {
      #expect(
        throws: InputError.noVideo("it ends without a decodable frame")
      ) { try self.source(path, loops: loops).begin(StartCancellation()) }
    }
  }

  @Test("an unreadable file fails at once; a cancelled start returns")
  func failure() throws {
    #expect(throws: InputError.self) {
      try self.source("/nowhere/at/all.mp4", loops: false).begin(StartCancellation())
    }
    // Nothing listens on that port; the source is retried until it is stopped.
    let address = try #require(InputAddress("http://127.0.0.1:9/x"))
    let source = PulledSource(
      StartOrder(address, name: "live"), published: nil,
      log: Log(format: .text, least: .error) { _ in })
    let cancellation = StartCancellation()
    let canceller = OSThread(name: "cancels") {
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(300))
      cancellation.cancel()
    }
    #expect(throws: InputError.cancelled) { try source.begin(cancellation) }
    source.stop()
    canceller?.join()
  }
}
