// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("Audio of a device", .serialized, .blocking)
struct DeviceAudioTests {
  /// The chunks that a device yields in `milliseconds`, which have no hole between them.
  static func run(_ device: String, milliseconds: Int64) throws -> [Chunk] {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(size: .hd720, segmentation: video)
    configuration.audioTracks = [AudioTrackSettings(.device(device))]
    let (output, window) = try configuration.audioOutput()
    let segmentation = output.segmentation
    let monotonic = SystemClock.monotonicTime
    let start = StreamClock(
      wall: WallTime(monotonic, plus: SystemClock.wallMinusMonotonic), monotonic: monotonic)
    let now = start.mediaTime(at: monotonic, on: video)
    let segment = segmentation.segment(of: segmentation.sample(atOrBefore: now) / 1024)
    let log = Log(format: .text, least: .error) { _ in }
    let stop = StopFlag()
    let clock = FrameGridClock(
      segmentation: video, start: start, feed: SlotFeed(renditions: 1, capacity: 3), stop: stop,
      stepTimeout: .zero)
    var pipeline = try AudioTrackPipeline(
      output, stream: "live", from: segment, clock: clock,
      source: DeviceAudio(
        device, settings: AudioEncoderSettings(), stream: "live", clock: clock, log: log,
        mapping: { { _, captured in captured } }),
      gracePeriod: configuration.gracePeriod(of: output.settings),
      statistics: Locked(StreamStatistics(renditions: 2)), log: log)
    window.goLive()
    let end = monotonic + .milliseconds(milliseconds)
    window.subscribe { if SystemClock.monotonicTime > end { stop.set() } }
    try pipeline.run(until: stop)
    let chunks =
      window.snapshot.segments.flatMap(\.chunks) + (window.snapshot.open?.chunks ?? [])
    var next = segmentation.firstFrame(of: segment)
    for chunk in chunks {
      #expect(chunk.frameIndex == next)
      next += chunk.frames
    }
    return chunks
  }

  @Test("captured audio is encoded, not silence", .enabled(if: FakeMicrophone.name != nil))
  func device() throws {
    let chunks = try Self.run(try #require(FakeMicrophone.name), milliseconds: 1500)
    #expect(chunks.reduce(0) { $0 + $1.frames } > 40)
    // The ramp itself has no audible frequency; its jump, each 0.6 s, is a click.
    #expect(chunks.contains { $0.bytes.count > 500 })
  }

  @Test("while the device is missing, silence is published as time passes")
  func missing() throws {
    _ = FakeMicrophone.name
    let chunks = try Self.run("no-such-device", milliseconds: 800)
    #expect(chunks.reduce(0) { $0 + $1.frames } > 20)
    #expect(chunks.allSatisfy { $0.bytes.count < 250 })
  }
}
