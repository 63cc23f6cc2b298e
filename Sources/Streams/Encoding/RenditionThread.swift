// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing
import Time

/// The thread of a video rendition: encodes each frame slot and publishes its chunk.
struct RenditionThread: Sendable {
  let configuration: StreamConfiguration
  let window: any ChunkSink
  /// Its index in the ladder, 0 for the top rendition.
  let renditionIndex: Int
  let feed: SlotFeed
  /// Asks for IDRs inside of segments.
  let keys: KeyRequests
  /// That of all renditions of the ladder.
  let load: Locked<LadderLoadState>
  /// Whether the stream stops without an end for players; waiting frame slots are then not encoded.
  let isLeaving: @Sendable () -> Bool
  let statistics: Locked<StreamStatistics>
  /// Gets the units of work.
  let watch: CallWatchdog
  let log: Log

  /// Encodes until the feed is closed and empty.
  ///
  /// - Throws: the encoder's error; then discard the track.
  func run(_ track: inout VideoTrack) throws(FFmpegError) {
    var monitor = OverloadMonitor()
    var effort = EncoderEffort()
    var effortLines = CountedChanges(effort.step)
    var overloadLines = CountedChanges(false)
    var grouping = SlotGrouping(configuration.segmentation)
    let overlay = try overlay()
    var isLeftOut = false
    var isSkipping = false
    // Frames that an encoder delays cannot be repeated.
    var still = track.returnsFramesAtOnce ? StillFrames(configuration.segmentation) : nil
    // The numbers of slots of the frames in the encoder.
    var counts: [(frameIndex: Int64, slots: Int64)] = []
    var captions = CaptionQueue()
    while let (slot, waiting) = feed.next(renditionIndex), !isLeaving() {
      let begin = SystemClock.monotonicTime
      // A slot is closed after the input delay.
      let lag = begin - slot.due - configuration.inputDelay
      if !isLeftOut {
        if monitor.fallsBehind(age: lag) {
          statistics.withLock { $0.renditions[renditionIndex].overloads += 1 }
        }
        note(overloadLines.observe(monitor.isOverloaded, now: begin))
        effort.observe(lag: lag, now: begin)
        note(effortLines.observe(effort.step, now: begin))
        track.hurry(effort.hurries)
      }
      let ownLoad = isLeftOut ? .leftOut : loadOf(monitor, effort)
      let leavesOut = load.withLock { state in
        state.observe(renditionIndex, ownLoad, now: SystemClock.monotonicTime)
        return state.leavesOut(renditionIndex)
      }
      if let announcement = slot.announcement { announce(announcement) }
      captions.add(slot.captions, at: slot.due)
      let position = configuration.segmentation.position(of: slot.frameIndex)
      // bounded: a part has at least one frame
      let isPartStart = position % configuration.segmentation.framesPerPart == 0
      let mayStandStill = isPartStart && leavesOut && still != nil && !isSkipping
      if position == 0 || mayStandStill {
        note(isLeftOut: leavesOut, before: isLeftOut)
        if leavesOut, !isLeftOut {
          // Viewers return to a rendition with full effort; see ``LadderLoadState``.
          monitor = OverloadMonitor()
          effort = EncoderEffort()
          effortLines.reset(to: effort.step)
          overloadLines.reset(to: false)
          still?.begin()
        } else if isLeftOut, !leavesOut {
          track.hurry(effort.hurries)
        }
        isLeftOut = leavesOut
      }
      if position == 0 {
        let isLate = !isLeftOut && lag > lagLimit
        if isLate, !isSkipping { noteSkipping(from: slot.frameIndex) }
        isSkipping = isLate
        if isSkipping || isLeftOut && still == nil { window.leaveOut(segment(of: slot)) }
        if isSkipping || isLeftOut {
          statistics.withLock { $0.renditions[renditionIndex].segmentsLeftOut += 1 }
        }
      }
      if isLeftOut {
        try publishStill(slot, &still, &track, overlay, now: begin)
      }
      if isLeftOut || isSkipping { continue }
      // The rest before the rendition is left out needs one frame per part.
      let slotsPerFrame =
        leavesOut ? configuration.segmentation.framesPerPart : effort.slotsPerFrame
      guard
        let slots = grouping.take(
          slot.frameIndex, slotsPerFrame: slotsPerFrame, waiting: waiting,
          before: keys.splice(renditionIndex, after: slot.frameIndex))
      else { continue }
      counts.append((slot.frameIndex, slots))
      let frame = try drawn(slot, overlay)
      let isKey = keys.take(renditionIndex, frame: slot.frameIndex, slots: slots)
      let encoded = try watch.during(.coding) { () throws(FFmpegError) in
        try track.encode(
          frame, frameIndex: slot.frameIndex, isKey: isKey,
          captions: captions.take(before: .distantFuture))
      }
      for coded in encoded {
        let end = SystemClock.monotonicTime
        // libx264 returns each frame at once; other encoders may delay some, so the timestamp
        // tells which frame it is.
        let frameIndex = coded.pts / configuration.segmentation.grid.rate.ticksPerFrame
        let frameTime = configuration.segmentation.grid.frameTime(of: frameIndex)
        counts.removeAll { $0.frameIndex < frameIndex }
        let chunk = track.publish(
          coded, frameIndex: frameIndex,
          frames: counts.first { $0.frameIndex == frameIndex }?.slots ?? 1,
          captured: frameIndex == slot.frameIndex
            ? slot.captured : WallTime(frameTime, plus: .zero))
        count(chunk, slot, encoding: end - begin)
      }
    }
  }

  /// Publishes the frame of a rendition that is left out, if one begins with the slot.
  private func publishStill(
    _ slot: FrameSlot<VideoFrame>, _ still: inout StillFrames?, _ track: inout VideoTrack,
    _ overlay: borrowing OverlayPainter?, now: MonotonicTime
  ) throws(FFmpegError) {
    let lag = now - slot.due - configuration.inputDelay
    guard let frame = still?.take(slot.frameIndex, lag: lag, now: now) else { return }
    var encoding: Interval?
    if frame.isNew {
      let image: VideoFrame
      if let same = still?.image(for: frame) {
        image = same
      } else {
        image = try drawn(slot, overlay)
      }
      let coded = try watch.during(.coding) { () throws(FFmpegError) in
        try track.encode(image, frameIndex: slot.frameIndex, isKey: frame.isKey)
      }
      let end = SystemClock.monotonicTime
      still?.keep(coded.last, of: image, as: frame, from: now, to: end)
      encoding = end - now
    }
    guard let coded = still?.coded(frame) else { return }
    let chunk = track.publish(
      coded, frameIndex: slot.frameIndex, frames: frame.slots, captured: slot.captured,
      isStill: true)
    count(chunk, slot, encoding: encoding)
  }

  private func overlay() throws(FFmpegError) -> OverlayPainter? {
    guard let overlay = configuration.overlay else { return nil }
    var font: OverlayFont?
    if let path = overlay.font {
      do throws(FontError) { font = try OverlayFont(path: path) } catch {
        log.write(
          .warning, "overlay-font", stream: configuration.name,
          "\(path) cannot be read, the overlay is in capitals: \(error)")
      }
    }
    return try OverlayPainter(
      overlay, name: configuration.name, size: configuration.renditions[renditionIndex].size,
      font: font)
  }

  /// The lag at the start of a segment above which the segment is left out.
  ///
  /// Bounds the lag: after a long suspension no viewer waits for old segments.
  private var lagLimit: Interval {
    max(.seconds(5), 3 * configuration.segmentation.segmentDuration)
  }

  private func noteSkipping(from frameIndex: Int64) {
    log.write(
      .warning, "segment-skipped", stream: configuration.name,
      "\(encoderName) is more than \(lagLimit.wholeSeconds) s behind; leaving out segments "
        + "from \(configuration.segmentation.segment(of: frameIndex)) on")
  }

  private func segment(of slot: FrameSlot<VideoFrame>) -> Int64 {
    configuration.segmentation.segment(of: slot.frameIndex)
  }

  /// The frame of a slot as it is encoded.
  private func drawn(
    _ slot: FrameSlot<VideoFrame>, _ overlay: borrowing OverlayPainter?
  ) throws(FFmpegError) -> VideoFrame {
    let frame = burned(slot.frame, slot)
    return try overlay?.paint(frame, milliseconds: slot.timestampMilliseconds) ?? frame
  }

  private func note(isLeftOut: Bool, before: Bool) {
    guard isLeftOut != before else { return }
    let name = configuration.renditions[renditionIndex].name
    if isLeftOut {
      log.write(
        .warning, "rendition-left-out", stream: configuration.name,
        "\(name) is left out: the machine is too slow for all renditions")
    } else {
      log.write(.info, "rendition-back", stream: configuration.name, "\(name) is encoded again")
    }
  }

  /// The frame with the burned clock of its slot, if one is requested.
  private func burned(_ frame: VideoFrame, _ slot: FrameSlot<VideoFrame>) -> VideoFrame {
    let burns = configuration.burnsClock || configuration.source == .test
    guard burns, frame.burnedMilliseconds != slot.timestampMilliseconds else { return frame }
    return frame.withClock(slot.timestampMilliseconds)
  }

  private func announce(_ announcement: ClockShift) {
    window.announce(offset: announcement.offset, skipped: announcement.skipped)
    guard renditionIndex == 0 else { return }
    statistics.withLock { $0.clockSteps += 1 }
    let offset = Decimal.string(announcement.offset.milliseconds, digits: 3)
    log.write(
      .warning, "clock-step", stream: configuration.name,
      "the wall clock stepped: PROGRAM-DATE-TIME minus media time is now \(offset) s, "
        + "\(announcement.skipped) segment numbers are skipped")
  }

  private func loadOf(
    _ monitor: OverloadMonitor, _ effort: EncoderEffort
  ) -> LadderLoadState.Load {
    if monitor.isOverloaded { return effort.isLeast ? .behind : .strained }
    return effort.step == .full ? .none : .strained
  }

  private func note(_ report: CountedChanges<EncoderEffort.Step>.Report?) {
    guard let report else { return }
    let text =
      switch report.value {
      case .full: "each frame is encoded again"
      case .halfRate: "every second frame is encoded"
      case .hurried:
        "every second frame is encoded, and with less effort from the next key frame on"
      case .quarterRate: "every fourth frame is encoded, with less effort"
      }
    log.write(
      .info, "encoder-effort", stream: configuration.name,
      "\(encoderName): \(text)\(report.suffix)")
  }

  private func note(_ report: CountedChanges<Bool>.Report?) {
    switch report?.value {
    case nil: break
    case true?:
      let relief =
        renditionIndex + 1 < configuration.renditions.count || renditionIndex > 0
        ? "encoding fewer frames, and leaving out the top rendition if that lasts"
        : "encoding fewer frames until it has caught up"
      log.write(
        .warning, "overloaded", stream: configuration.name,
        "\(encoderName) is a second behind; \(relief)\(report?.suffix ?? "")")
    case false?:
      log.write(
        .info, "caught-up", stream: configuration.name,
        "\(encoderName) has caught up\(report?.suffix ?? "")")
    }
  }

  private var encoderName: String {
    configuration.renditions.count > 1
      ? "the encoder of \(configuration.renditions[renditionIndex].name)" : "the encoder"
  }

  private func count(_ chunk: Chunk, _ slot: FrameSlot<VideoFrame>, encoding: Interval?) {
    let segmentation = configuration.segmentation
    let count = segmentation.position(of: chunk.lastFrame) + 1
    let endsPart = count == segmentation.framesPerSegment || count % segmentation.framesPerPart == 0
    let shown = segmentation.grid.duration(ofFrames: chunk.frames - 1)
    let lateness = max(.zero, SystemClock.monotonicTime - slot.due - shown)
    let counters = feed.read { $0.counters }
    let frames = (count - 1) % segmentation.framesPerPart + 1
    statistics.withLock { statistics in
      if let encoding {
        statistics.renditions[renditionIndex].encoderDelay.observe(encoding.seconds)
      }
      statistics.renditions[renditionIndex].mediaBytes += UInt64(chunk.bytes.count)
      // bounded: a frame is shown for a part at most
      statistics.renditions[renditionIndex].slotsWithoutFrame += UInt64(max(0, chunk.frames - 1))
      if endsPart {
        statistics.renditions[renditionIndex].countPart(
          lateness: lateness, duration: segmentation.grid.duration(ofFrames: frames))
      }
      guard let counters else { return }
      statistics.inputFrames = counters.input
      statistics.repeatedFrames = counters.repeated
      statistics.lateFrames = counters.late
      statistics.surplusFrames = counters.dropped
    }
  }
}
