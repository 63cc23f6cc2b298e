// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Scheduling
@testable import Streams

@Suite("The thread of the audio tracks of an input", .blocking)
struct SharedAudioThreadTests {
  /// Runs a live track of an input without packets, whose window is added to `windows`.
  private static func run(
    on shared: SharedAudioThread, until stop: StopFlag, ending: StopFlag,
    _ windows: Locked<[LiveWindow]>
  ) throws {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(size: .hd720, segmentation: video)
    configuration.audioTracks = [AudioTrackSettings(.input(nil))]
    let (output, window) = try configuration.audioOutput()
    let never = ClockStep(segment: 0, offset: 0, skipped: 0)
    let segment = SystemClock.monotonicTime.nanoseconds / 1_000_000_000
    let pipeline = try AudioTrackPipeline(
      output, stream: "live", from: segment,
      clock: AudioTrackPipelineTests.SkippingClock(skip: never), gracePeriod: .milliseconds(1),
      statistics: Locked(StreamStatistics(renditions: 2)),
      log: Log(format: .text, least: .error) { _ in })
    window.goLive()
    windows.withLock { $0.append(window) }
    try shared.run(pipeline, until: stop, ending: ending)
  }

  @Test("the first track lends its thread to all, and a track after the end has its own")
  func threads() throws {
    let (shared, stop, ending) = (SharedAudioThread(), StopFlag(), StopFlag())
    let windows = Locked<[LiveWindow]>([])
    let ended = Monitor(0)
    func start() throws -> OSThread {
      try #require(
        OSThread(name: "audio") {
          try? Self.run(on: shared, until: stop, ending: ending, windows)
          ended.update { $0 += 1 }
        })
    }
    let threads = try [start(), start(), start()]
    let deadline = MonotonicTime.hangLimit
    #expect(ended.wait(until: deadline) { $0 == 2 ? true : nil } == true, "one thread stays")
    // Silence is published on all tracks.
    func areHeard() -> Bool {
      windows.withLock { $0.count == 3 && $0.allSatisfy { $0.snapshot.revision > 1 } }
    }
    while !areHeard(), SystemClock.monotonicTime < deadline {
      SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(5))
    }
    #expect(areHeard())
    #expect(ended.read { $0 } == 2)
    ending.set()
    stop.set()
    for thread in threads { #expect(thread.join(until: deadline)) }
    let last = try start()
    #expect(last.join(until: deadline))
  }
}
