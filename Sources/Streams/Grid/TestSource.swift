// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Sharing

/// The test source's thread: draws a picture at each tick.
struct TestSource: Sendable {
  let size: VideoSize
  let segmentation: Segmentation
  let feed: SlotFeed
  let stop: StopFlag

  /// Runs until told to stop.
  ///
  /// - Throws: where no picture of this size can be drawn.
  func run() throws(FFmpegError) {
    SystemClock.sharpenSleep()
    let source = try TestPattern(size: size)
    feed.waitUntilOpen()
    while !stop.isSet, let due = feed.read({ $0.nextDue }) {
      SystemClock.sleep(until: due)
      let now = SystemClock.monotonic
      // After a late awakening the frame that is due now is drawn, and those before it are repeats.
      guard
        let next = feed.read({ schedule in
          let frame = max(schedule.nextFrameIndex, schedule.lastDue(at: now))
          return (
            frame: frame, timestamp: schedule.timestamp(of: frame),
            due: schedule.clock.due(frame, on: segmentation.grid)
          )
        })
      else { return }
      let picture = source.draw(frame: next.frame, milliseconds: next.timestamp)
      feed.offer(picture, captured: next.due, isAtFrameTime: true)
    }
  }
}
