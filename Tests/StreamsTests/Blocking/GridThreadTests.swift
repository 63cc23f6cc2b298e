// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Packaging
import Scheduling
import Sharing
import TestSupport
import Testing
import Time

@testable import Streams

@Suite("The threads of a frame grid", .blocking)
struct GridThreadTests {
  @Test("end before the next frame, however long one is shown", arguments: ["pacer", "pattern"])
  func slowGrid(thread name: String) throws {
    let size = try #require(VideoSize("320x180"))
    let rate = try #require(FrameRate(1, 100))
    let segmentation = Segmentation(
      rate: rate, segmentMicroseconds: 100_000_000, partMicroseconds: 100_000_000)
    let feed = SlotFeed(renditions: 1, capacity: 3)
    let now = SystemClock.monotonicTime
    let clock = StreamClock(
      wall: WallTime(now, plus: SystemClock.wallMinusMonotonic), monotonic: now)
    feed.open(
      SlotSchedule(
        segmentation: segmentation, clock: clock,
        first: clock.frame(atOrAfter: now, on: segmentation.grid) + 1, inputDelay: .zero,
        initial: try SlateFrame.make(size: size)))
    let stop = StopFlag()
    let thread = try #require(
      OSThread(name: name) {
        if name == "pacer" {
          feed.closeSlots(until: stop)
        } else {
          try? TestSource(size: size, segmentation: segmentation, feed: feed, stop: stop).run()
        }
      })
    // The thread sleeps by now: the next frame is due 100 seconds after `now`, or later.
    SystemClock.sleep(until: SystemClock.monotonicTime + .milliseconds(200))
    stop.set()
    #expect(thread.join(until: now + .seconds(100)))
  }
}
