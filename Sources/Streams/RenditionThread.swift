import Capture
import Logging
import Media
import Packaging
import Sharing

/// A rendition's thread: encodes each slot as it comes and publishes its chunk.
struct RenditionThread: Sendable {
  let configuration: StreamConfiguration
  let window: LiveWindow
  /// Its place in the ladder, from 0 for the best.
  let rung: Int
  let feed: SlotFeed
  let statistics: Locked<StreamStatistics>
  let log: Log

  /// Encodes until the feed is closed and empty.
  ///
  /// - Throws: the encoder's error; after it the encoder is of no more use.
  func run(_ track: inout VideoTrack) throws(FFmpegError) {
    var monitor = OverloadMonitor()
    var last: Picture?
    while let slot = feed.next(rung) {
      let begin = SystemClock.monotonic
      note(monitor.observe(age: begin - slot.due))
      if let announcement = slot.announcement { announce(announcement) }
      // A single rung that cannot keep up halves its picture rate by repeating: repeats cost little.
      let repeats = monitor.isOverloaded && slot.frame % 2 != 0
      let picture = try picture(for: slot, showing: repeats ? last ?? slot.image : slot.image)
      last = slot.image
      for coded in try track.encode(picture, frame: slot.frame) {
        let end = SystemClock.monotonic
        let chunk = track.publish(coded, frame: slot.frame, captured: slot.captured)
        count(chunk, slot, encoding: end - begin)
      }
    }
  }

  /// The picture with the slot's own stamp, where a clock is burned in.
  private func picture(
    for slot: Slot<Picture>, showing image: Picture
  ) throws(FFmpegError) -> Picture {
    let burns = configuration.burnsClock || configuration.source == .test
    guard burns, image.burnedMilliseconds != slot.stampMilliseconds else { return image }
    return image.withClock(slot.stampMilliseconds)
  }

  private func announce(_ announcement: Slot<Picture>.Announcement) {
    window.announce(offset: announcement.offset, skipped: announcement.skipped)
    guard rung == 0 else { return }
    statistics.withLock { $0.clockSteps += 1 }
    let offset = Decimal.string(announcement.offset / 1_000_000, digits: 3)
    log.write(
      .warning, "clock-step", stream: configuration.name,
      "the wall clock stepped: PROGRAM-DATE-TIME is now \(offset) s off the media time, "
        + "\(announcement.skipped) segment numbers are skipped")
  }

  private func note(_ change: OverloadMonitor.Change) {
    switch change {
    case .none: break
    case .fellBehind:
      statistics.withLock { $0.overloads += 1 }
      log.write(
        .warning, "overloaded", stream: configuration.name,
        "the encoder is a second behind; every second picture is repeated until it has caught up")
    case .caughtUp:
      log.write(.info, "caught-up", stream: configuration.name, "the encoder has caught up")
    }
  }

  private func count(_ chunk: Chunk, _ slot: Slot<Picture>, encoding: Int64) {
    let cadence = configuration.cadence
    let position = cadence.position(of: chunk.frame) + 1
    let endsPart =
      position == cadence.framesPerSegment || position % cadence.framesPerPart == 0
    let lateness = SystemClock.monotonic - slot.due
    let counters = feed.read { $0.counters }
    statistics.withLock { statistics in
      statistics.encoderDelay.observe(Double(encoding) / 1e9)
      statistics.mediaBytes += UInt64(chunk.bytes.count)
      if endsPart { statistics.partLateness.observe(Double(lateness) / 1e9) }
      guard let counters else { return }
      statistics.inputFrames = counters.input
      statistics.repeatedFrames = counters.repeated
      statistics.lateFrames = counters.late
      statistics.surplusFrames = counters.dropped
    }
  }
}
