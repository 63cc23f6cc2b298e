import Capture
import Media
import Sharing

/// The test source's thread: draws a picture at each tick.
struct TestSource: Sendable {
  let size: VideoSize
  let cadence: Cadence
  let feed: SlotFeed
  let stop: StopFlag

  /// Runs until told to stop.
  ///
  /// - Throws: where no picture of this size can be drawn.
  func run() throws(FFmpegError) {
    SystemClock.sharpenSleep()
    let source = try TestPicture(size: size)
    feed.waitUntilOpen()
    while !stop.isSet, let due = feed.read({ $0.nextDue }) {
      SystemClock.sleep(until: due)
      let now = SystemClock.monotonic
      // After a late awakening the frame that is due now is drawn, and those before it are repeats.
      guard
        let next = feed.read({ schedule in
          let frame = max(schedule.nextFrame, schedule.lastDue(at: now))
          return (
            frame: frame, stamp: schedule.stamp(of: frame),
            due: schedule.clock.due(frame, on: cadence.grid)
          )
        })
      else { return }
      let picture = source.draw(frame: next.frame, milliseconds: next.stamp)
      feed.offer(picture, captured: next.due, isTick: true)
    }
  }
}
