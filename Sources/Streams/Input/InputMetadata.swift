// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Metadata
import Packaging
import Scheduling
import Sharing
import Time

/// The metadata of a pulled input on its way to the session: checked, limited and dated.
final class InputMetadata: Sendable {
  /// An event whose time on the clock of the source is not mapped yet.
  private struct Waiting: Sendable {
    let content: SourceEvent
    var pts: SourceTime
    let arrival: MonotonicTime
    /// Its wall-clock time, if it has one; else that of `pts`.
    var date: WallTime?
    /// Whether it is a splice that is meant for the moment at which its message arrives.
    var isImmediate = false
  }

  private struct State: Sendable {
    var limit = MetadataLimit()
    var textLimit = MetadataLimit(messages: MetadataLimit.texts)
    var faults = ReportLimit()
    /// The losses that have a line.
    var losses: Set<MetadataPacket.Loss> = []
    var splices = InputSplices()
    var waiting: [Waiting] = []
  }

  /// The most losses with a line each.
  private static let maximumLosses = 16
  /// The most events that wait for the session.
  private static let maximumWaiting = 16
  /// How far from now the time of an event may be.
  private static let reach = (past: Interval.seconds(60), future: Interval.seconds(3600))
  /// The most events of one message that are used; of a splice_schedule the earliest ones within
  /// reach.
  private static let maximumEvents = 16

  private let stream: String
  private let log: Log
  private let state = Locked(State())

  /// The metadata of the stream `stream`.
  init(stream: String, _ log: Log) {
    self.stream = stream
    self.log = log
  }

  /// Notes a new connection: the clock of the source may be another one.
  func connected() {
    state.withLock { state in
      state.waiting = []
      state.splices = InputSplices()
    }
  }

  /// Takes a packet; a faulty one, and those beyond the limit, are left out with one line.
  func take(_ packet: MetadataPacket, _ input: PulledInput, _ stage: any InputStage) {
    let isText: Bool
    switch packet.format {
    case .leftOut(let loss): return report(loss)
    case .text: isText = true
    case .splice, .id3, .klv: isText = false
    }
    let outcome = state.withLock { state in
      // Texts in many languages leave room for other metadata.
      isText
        ? state.textLimit.take(bytes: packet.bytes.count, at: packet.arrival)
        : state.limit.take(bytes: packet.bytes.count, at: packet.arrival)
    }
    switch outcome {
    case .admitted: break
    case .refused(let isFirst):
      guard isFirst else { return }
      let most = isText ? "\(MetadataLimit.texts) texts" : "\(MetadataLimit.messages) messages"
      return log.write(
        .warning, "metadata-flood", stream: stream,
        "more than \(most) or \(MetadataLimit.bytes) bytes of metadata arrive per second: the "
          + "others are left out")
    }
    switch SourceEvent.read(packet) {
    case .success(let contents):
      for (number, content) in Self.used(contents).enumerated() {
        // Each event of a message carries it whole, so each counts.
        if number > 0,
          state.withLock({ $0.limit.take(bytes: packet.bytes.count, at: packet.arrival) })
            != .admitted
        {
          break
        }
        var event = Waiting(content: content, pts: packet.pts, arrival: packet.arrival)
        if case .event(.splice(let cue)) = content {
          event.date = cue.date
          event.isImmediate = packet.ticks == nil ? packet.isImmediate : cue.isImmediate
          if let ticks = packet.ticks { event.pts = event.pts + cue.distance(fromTicks: ticks) }
        }
        give(event, input, stage)
      }
    case .failure(let fault):
      guard state.withLock({ $0.faults.reports(at: packet.arrival) }) else { return }
      log.write(.warning, "metadata-invalid", stream: stream, "\(fault.reason); left out")
    }
  }

  /// Writes the line of a loss, once.
  private func report(_ loss: MetadataPacket.Loss) {
    let isNew = state.withLock { state in
      state.losses.count < Self.maximumLosses && state.losses.insert(loss).inserted
    }
    guard isNew else { return }
    switch loss {
    case .unwantedTexts(let languages):
      log.write(
        .info, "captions-undeclared", stream: stream,
        "the source has subtitles in \(languages.map(\.tag).joined(separator: ", ")), for which "
          + "--captions has no language: they are left out")
    case .undecodableTexts(let texts, let reason):
      log.write(
        .warning, "captions-undecodable", stream: stream,
        "subtitles of the source are left out (\(texts)): \(reason)")
    case .malformedEvent:
      log.write(
        .warning, "metadata-invalid", stream: stream,
        "an event message (emsg) of the publisher is malformed; left out")
    }
  }

  /// The events of a packet that are used: those of a schedule that are out of reach are not, since
  /// senders repeat it.
  private static func used(_ contents: [SourceEvent]) -> [SourceEvent] {
    guard contents.contains(where: { $0.date != nil }) else {
      return Array(contents.prefix(maximumEvents))
    }
    let now = SystemClock.wallTime
    let within = contents.filter { event in
      event.date.map { $0 >= now - reach.past && $0 <= now + reach.future } ?? true
    }
    return Array(
      within.sorted { ($0.date ?? now) < ($1.date ?? now) }.prefix(maximumEvents))
  }

  /// Gives the session the events that have waited for it.
  func flush(_ input: PulledInput, _ stage: any InputStage) {
    let waiting = state.withLock { state in
      let waiting = state.waiting
      state.waiting = []
      return waiting
    }
    for event in waiting { give(event, input, stage) }
  }

  /// The place of an event in the session; nil if it is not known yet.
  private func position(of event: Waiting, _ stage: any InputStage) -> StreamPosition? {
    let position = stage.position(of: event.pts, arrival: event.arrival)
    guard let date = event.date, let position else { return position }
    return stage.position(of: event.pts + (date - position.time), arrival: event.arrival)
  }

  private func give(_ event: Waiting, _ input: PulledInput, _ stage: any InputStage) {
    guard let target = input.target, let position = position(of: event, stage) else {
      return state.withLock {
        $0.waiting = $0.waiting.suffix(Self.maximumWaiting - 1) + [event]
      }
    }
    let now = SystemClock.wallTime
    guard position.time >= now - Self.reach.past, position.time <= now + Self.reach.future else {
      guard state.withLock({ $0.faults.reports(at: event.arrival) }) else { return }
      return log.write(
        .warning, "metadata-invalid", stream: stream,
        "the time of an event is not within the last minute or the next hour; left out")
    }
    input.whileShown {
      switch event.content {
      case .cue(let cue): target.metadata.take(cue, at: position.time)
      case .event(let content):
        guard case .splice(let cue) = content else {
          return target.metadata.take(content, at: position.time, mediaTime: position.mediaTime)
        }
        guard let planned = planned(cue, event, position, target, stage) else { return }
        target.metadata.take(content, at: planned.time, mediaTime: planned.mediaTime)
      }
    }
  }

  /// Plans the frame of a splice, and that of the end of its break if no message follows.
  ///
  /// - Returns: the position of the splice; nil if the message is a repetition.
  private func planned(
    _ cue: SpliceCue, _ event: Waiting, _ position: StreamPosition, _ target: InputTarget,
    _ stage: any InputStage
  ) -> StreamPosition? {
    if cue.isCancellation {
      for frame in state.withLock({ $0.splices.cancel(cue, after: event.pts) }) {
        target.splices.cancel(frame)
      }
    }
    // The splice_insert of a scheduled splice states its frame.
    guard cue.isListed, cue.scheduled == nil else { return position }
    if event.isImmediate {
      let isRepeated = state.withLock { $0.splices.repeats(cue, at: event.arrival) }
      guard !isRepeated else { return nil }
    }
    let frame = target.splices.plan(position.frame, event.isImmediate ? .immediate : .timed)
    let moved = position.moved(to: frame, target.grid)
    let pts = event.pts + (moved.mediaTime - position.mediaTime)
    // A splice at once has no picture of its own.
    if !event.isImmediate { note(cue, pts, frame, isReturn: false) }
    for other in state.withLock({ $0.splices.shorten(cue, to: pts) }) where other != frame {
      target.splices.cancel(other)
    }
    guard cue.returnsByItself, let length = cue.plannedDuration,
      let end = stage.position(of: pts + length, arrival: event.arrival)
    else { return moved }
    note(cue, pts + length, target.splices.plan(end.frame, .autoReturn), isReturn: true)
    return moved
  }

  private func note(_ cue: SpliceCue, _ pts: SourceTime, _ frame: Int64, isReturn: Bool) {
    state.withLock { $0.splices.add(cue, pts: pts, frame: frame, isReturn: isReturn) }
  }

  /// Takes the splices up to a picture which is offered to the slots of `grid`.
  ///
  /// - Returns: plans the frame that shows it, if a splice was announced for another one; nil if
  ///   there is no splice.
  func splices(
    at pts: SourceTime, _ grid: FrameGrid, _ planner: any SplicePlanner
  ) -> SlotFeed.Shown? {
    // The picture whose timestamp is nearest is that of a splice.
    let announced = state.withLock { $0.splices.take(upTo: pts + grid.rate.frameDuration / 2) }
    guard !announced.isEmpty else { return nil }
    return { frame in
      let lines = announced.filter { $0 != frame }
        .compactMap { planner.plan(pictureAt: frame, announced: $0) }
      return lines.isEmpty ? nil : { for write in lines { write() } }
    }
  }
}
