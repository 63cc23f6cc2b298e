// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Scheduling
import Sharing

/// The thread of the test pattern: draws a frame at each frame time.
struct TestSource: Sendable {
  let size: VideoSize
  let segmentation: Segmentation
  let feed: SlotFeed
  let stop: StopFlag

  /// Runs until stopped.
  ///
  /// - Throws: the error if no frame of this size can be drawn.
  func run() throws(FFmpegError) {
    SystemClock.sharpenSleep()
    let pattern = try TestPattern(size: size)
    feed.waitUntilOpen()
    while let due = feed.read({ $0.nextDue }), stop.sleep(until: due) {
      let now = SystemClock.monotonicTime
      // After a late wake-up the frame that is due now is drawn; the slots before it are repeats.
      guard
        let next = feed.read({ schedule in
          let index = max(schedule.nextFrameIndex, schedule.lastDue(at: now))
          return (
            frameIndex: index, timestamp: schedule.timestamp(of: index),
            due: schedule.clock.due(index, on: segmentation.grid)
          )
        })
      else { return }
      let frame = pattern.draw(frame: next.frameIndex, milliseconds: next.timestamp)
      feed.offer(frame, captured: next.due, isAtFrameTime: true)
    }
  }
}
