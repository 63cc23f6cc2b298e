// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing

/// A rendition's thread: encodes each slot as it comes and publishes its chunk.
struct RenditionThread: Sendable {
  let configuration: StreamConfiguration
  let window: LiveWindow
  /// Its place in the ladder, from 0 for the best.
  let rendition: Int
  let feed: SlotFeed
  let load: LadderLoad
  let statistics: Locked<StreamStatistics>
  let log: Log

  /// Encodes until the feed is closed and empty.
  ///
  /// - Throws: the encoder's error; after it the encoder is of no more use.
  func run(_ track: inout VideoTrack) throws(FFmpegError) {
    var monitor = OverloadMonitor()
    let overlay = try overlay()
    var last: VideoFrame?
    var isLeftOut = false
    var isSkipping = false
    while let slot = feed.next(rendition) {
      let begin = SystemClock.monotonic
      if !isLeftOut { note(monitor.observe(age: begin - slot.due)) }
      let duty = load.observe(rendition, isBehind: !isLeftOut && monitor.isOverloaded)
      if let announcement = slot.announcement { announce(announcement) }
      if configuration.segmentation.position(of: slot.frameIndex) == 0 {
        note(isLeftOut: duty.isLeftOut, before: isLeftOut)
        isLeftOut = duty.isLeftOut
        let isLate = !isLeftOut && begin - slot.due > lagLimit
        if isLate, !isSkipping { noteSkipping(from: slot.frameIndex) }
        isSkipping = isLate
        if isLeftOut || isSkipping { leaveOut(slot.frameIndex) }
      }
      if isLeftOut || isSkipping { continue }
      // One that cannot keep up even alone halves its picture rate by repeating: repeats cost little.
      let repeats = duty.isAloneBehind && slot.frameIndex % 2 != 0
      var picture = try picture(for: slot, showing: repeats ? last ?? slot.frame : slot.frame)
      if let painted = try overlay?.paint(picture, milliseconds: slot.timestampMilliseconds) {
        picture = painted
      }
      last = slot.frame
      for coded in try track.encode(picture, frame: slot.frameIndex) {
        let end = SystemClock.monotonic
        // libx264 gives each picture back at once; another encoder may hold some, so the stamp says which it is.
        let frame = coded.pts / configuration.segmentation.grid.rate.ticksPerFrame
        let tick = configuration.segmentation.grid.nanoseconds(frame)
        let chunk = track.publish(
          coded, frame: frame, captured: frame == slot.frameIndex ? slot.captured : tick)
        count(chunk, slot, encoding: end - begin)
      }
    }
  }

  private func overlay() throws(FFmpegError) -> OverlayPainter? {
    guard let overlay = configuration.overlay else { return nil }
    return try OverlayPainter(
      overlay, name: configuration.name, size: configuration.renditions[rendition].size)
  }

  /// Behind by this much at a segment's start the segment is left out, as after a process was stopped for long: what
  /// nobody waits for any longer is not encoded, and how late a stream can be is bounded; nanoseconds.
  private var lagLimit: Int64 {
    max(5_000_000_000, 3 * configuration.segmentation.segmentNanoseconds)
  }

  private func noteSkipping(from frame: Int64) {
    log.write(
      .warning, "segment-skipped", stream: configuration.name,
      "\(encoderName) is more than \(lagLimit / 1_000_000_000) s behind; "
        + "segments are left out from \(configuration.segmentation.segment(of: frame)) on")
  }

  /// Makes the segment that begins with `frame` a gap.
  private func leaveOut(_ frame: Int64) {
    window.leaveOut(configuration.segmentation.segment(of: frame))
    statistics.withLock { $0.renditions[rendition].segmentsLeftOut += 1 }
  }

  private func note(isLeftOut: Bool, before: Bool) {
    guard isLeftOut != before else { return }
    let name = configuration.renditions[rendition].name
    if isLeftOut {
      log.write(
        .warning, "rendition-left-out", stream: configuration.name,
        "\(name) is left out: the machine does not encode all renditions in time")
    } else {
      log.write(.info, "rendition-back", stream: configuration.name, "\(name) is encoded again")
    }
  }

  /// The picture with the slot's own stamp, where a clock is burned in.
  private func picture(
    for slot: FrameSlot<VideoFrame>, showing image: VideoFrame
  ) throws(FFmpegError) -> VideoFrame {
    let burns = configuration.burnsClock || configuration.source == .test
    guard burns, image.burnedMilliseconds != slot.timestampMilliseconds else { return image }
    return image.withClock(slot.timestampMilliseconds)
  }

  private func announce(_ announcement: FrameSlot<VideoFrame>.Announcement) {
    window.announce(offset: announcement.offset, skipped: announcement.skipped)
    guard rendition == 0 else { return }
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
      statistics.withLock { $0.renditions[rendition].overloads += 1 }
      let relief =
        configuration.renditions.count > 1
        ? "the lowest rendition is left out until there is room for it"
        : "every second picture is repeated until it has caught up"
      log.write(
        .warning, "overloaded", stream: configuration.name,
        "\(encoderName) is a second behind; \(relief)")
    case .caughtUp:
      log.write(
        .info, "caught-up", stream: configuration.name, "\(encoderName) has caught up")
    }
  }

  private var encoderName: String {
    configuration.renditions.count > 1
      ? "the encoder of \(configuration.renditions[rendition].name)" : "the encoder"
  }

  private func count(_ chunk: Chunk, _ slot: FrameSlot<VideoFrame>, encoding: Int64) {
    let segmentation = configuration.segmentation
    let position = segmentation.position(of: chunk.frame) + 1
    let endsPart =
      position == segmentation.framesPerSegment || position % segmentation.framesPerPart == 0
    let lateness = SystemClock.monotonic - slot.due
    let counters = feed.read { $0.counters }
    let frames = (position - 1) % segmentation.framesPerPart + 1
    let duration = Double(segmentation.grid.nanoseconds(frames)) / 1e9
    statistics.withLock { statistics in
      statistics.renditions[rendition].encoderDelay.observe(Double(encoding) / 1e9)
      statistics.renditions[rendition].mediaBytes += UInt64(chunk.bytes.count)
      if endsPart {
        statistics.renditions[rendition].partLateness.observe(Double(lateness) / 1e9)
        statistics.renditions[rendition].partDuration.observe(duration)
      }
      guard let counters else { return }
      statistics.inputFrames = counters.input
      statistics.repeatedFrames = counters.repeated
      statistics.lateFrames = counters.late
      statistics.surplusFrames = counters.dropped
    }
  }
}
