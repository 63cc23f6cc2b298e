// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Packaging
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture
@testable import Streams

@Suite("A passed-through track whose lock is held", .blocking)
struct PassThroughLockTests {
  @Test("/metrics reads its clock error and its counters while an access unit is being published")
  func clockError() throws {
    let segmentation = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    var configuration = StreamConfiguration(
      size: try #require(VideoSize("320x180")), segmentation: segmentation)
    configuration.passesThrough = true
    let window = LiveWindow(segmentation: .video(segmentation), playlistLength: 10, retained: 20)
    let now = MediaTime(SystemClock.monotonicTime, plus: SystemClock.wallMinusMonotonic)
    let statistics = Locked(StreamStatistics())
    let track = PassThroughTrack(
      configuration, windows: [window],
      first: segmentation.segment(of: segmentation.grid.nearest(now)),
      statistics: statistics, log: Log(format: .text, least: .error) { _ in })
    let source = try PassThroughTrackTests.Source(
      "320x180", count: 35, from: SystemClock.monotonicTime)
    try track.open([source.video])

    // A reader of the window stops the publication, and with it the thread that has the lock.
    let isPublishing = Monitor(false)
    let isReleased = Monitor(false)
    window.subscribe {
      isPublishing.update { $0 = true }
      _ = isReleased.wait { $0 ? true : nil }
    }
    let publisher = OSThread(name: "publisher") { source.send(to: track) }
    isPublishing.wait { $0 ? () : nil }
    let isRead = Monitor(false)
    let reader = OSThread(name: "reader") {
      _ = track.clockError
      _ = statistics.withLock { $0.inputFrames }
      _ = window.snapshot
      isRead.update { $0 = true }
    }
    let read = isRead.wait(until: .hangLimit) { $0 ? true : nil }
    isReleased.update { $0 = true }
    #expect(read == true)
    #expect(publisher != nil && reader != nil)
    publisher?.join()
    reader?.join()
  }
}
