// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing
import Time

/// The video of a pass-through stream: its access units become chunks on the input's thread.
///
/// Several tracks of one publisher are renditions of one ladder. The first track determines the
/// positions of all; see ``AccessUnit/others``.
final class PassThroughTrack: Sendable {
  /// The effects of one access unit.
  private struct Result: Sendable {
    var published: (chunks: [Chunk], position: PassThroughSchedule.Position)?
    var periodEnd: PeriodEnd?
    var isOver = false
    var onEnd: (@Sendable () -> Void)?
  }

  /// The published frames on the media timeline, for the audio beside them.
  let timeline: Locked<VideoTimeline>

  /// The splices of the session.
  let splices: PassedSplices

  let configuration: StreamConfiguration
  /// The renditions, top rendition first.
  let outputs: [PassThroughOutput]
  let statistics: Locked<StreamStatistics>
  /// Gets the calls of libraries.
  let watch: CallWatchdog
  let log: Log
  private let maximumGroupTime: Interval
  /// How far decoding and presentation order of the source differ.
  let reordering: Reordering
  private let state: Locked<State>
  private let lastError = Locked(Interval.zero)

  /// Whether an earlier process has described the track and published a part of it.
  private let isContinued: Bool

  /// - Parameters:
  ///   - configuration: the configuration of the session.
  ///   - sinks: the sinks of the renditions.
  ///   - tracks: the tracks of the renditions, as indices into those of the source.
  ///   - first: the least number of the first segment.
  ///   - startsAtFirst: whether the first segment has that number at any time.
  ///   - published: the end of what an earlier process has published; nil if there is none.
  ///   - maximumGroupTime: the longest permitted distance of two IDRs.
  ///   - reordering: the B-frames of the source. If it has none, units with B-frames end the
  ///     session.
  ///   - statistics: gets the counts.
  ///   - watch: gets the calls of libraries.
  ///   - log: gets the faults of the source.
  init(
    _ configuration: StreamConfiguration, windows sinks: [any ChunkSink], tracks: [Int] = [0],
    first: Int64, startsAtFirst: Bool = false, after published: ResumePoint? = nil,
    maximumGroupTime: Interval = PassThroughAnalysis.defaultLongestGroup,
    reordering: Reordering = .none, statistics: Locked<StreamStatistics>,
    watch: CallWatchdog = CallWatchdog(), log: Log
  ) {
    self.maximumGroupTime = maximumGroupTime
    self.reordering = reordering
    self.configuration = configuration
    outputs = zip(configuration.renditions, zip(sinks, tracks)).map {
      PassThroughOutput(
        settings: $0, sink: $1.0, track: $1.1, segmentation: configuration.segmentation)
    }
    isContinued = published != nil
    self.statistics = statistics
    self.watch = watch
    self.log = log
    splices = PassedSplices(configuration, log)
    timeline = Locked(VideoTimeline(grid: configuration.segmentation.grid))
    state = Locked(
      State(
        schedule: PassThroughSchedule(
          segmentation: configuration.segmentation, first: first,
          startsAtFirst: startsAtFirst || configuration.numbering == .run,
          after: published.map { ($0.segment, $0.end) }),
        fitness: SourceFitness(
          rate: configuration.segmentation.grid.rate, maximumGroupTime: maximumGroupTime),
        codings: outputs.map { _ in [] }, segment: published?.segment))
  }

  /// Wall clock minus the stream's own.
  ///
  /// The value is available without waiting for an access unit that is being published.
  var clockError: Interval { lastError.withLock { $0 } }

  /// Frames per second of the stream.
  var rate: FrameRate { configuration.segmentation.grid.rate }

  /// Describes the renditions to their sinks and opens them.
  ///
  /// - Parameters:
  ///   - videos: the descriptions of the tracks of the source.
  ///   - onEnd: called once, on the input's thread, if the key frames of the source are irregular,
  ///     or if a track is missing.
  /// - Throws: the error in the parameter sets.
  func open(
    _ videos: [InputDescription.Video],
    onEnd: @escaping @Sendable (SessionOutcome) -> Void = { _ in }
  ) throws(FFmpegError) {
    guard outputs.allSatisfy({ $0.track < videos.count }) else {
      throw FFmpegError(refused: "\(videos.count) video tracks for \(outputs.count) renditions")
    }
    var descriptions: [TrackDescription] = []
    for output in outputs {
      descriptions.append(
        try output.description(videos[output.track], output.settings.size))
    }
    let known = descriptions
    state.withLock {
      $0.codings = codings(videos)
      $0.onEnd = onEnd
      // The newest period of an earlier process may have other headers.
      if isContinued { $0.descriptions = known }
    }
    guard !isContinued else { return }
    for (output, description) in zip(outputs, descriptions) { output.sink.describe(description) }
    for output in outputs { output.sink.goLive() }
  }

  /// The coding of each rendition.
  func codings(_ videos: [InputDescription.Video]) -> [[[UInt8]]] {
    outputs.map { $0.track < videos.count ? videos[$0.track].coding : [] }
  }

  /// The frame of the newest period that is nearest to a timestamp.
  ///
  /// - Parameters:
  ///   - pts: the timestamp, which may lie ahead.
  ///   - captured: its capture time.
  /// - Returns: nil before the first period.
  func position(of pts: SourceTime, captured: MonotonicTime) -> StreamPosition? {
    timeline.withLock { $0.position(of: pts, captured: captured) }
  }

  /// Notes that the source is away: the next IDR begins a period.
  func breakOff() {
    state.withLock { $0.breakOff() }
  }

  /// Notes that `number` was listed without media while the source was away.
  func reserve(_ number: Int64) { state.withLock { $0.schedule.reserve(number) } }

  /// Ends the session with the next key frame, which is the first frame of the next session.
  func end(atKeyFrame outcome: SessionOutcome) { state.withLock { $0.ending = outcome } }

  /// Notes that the file starts over.
  ///
  /// The first IDR of the file continues the period if a segment can begin there; else it begins a
  /// period.
  func startTurn() { state.withLock { $0.schedule.startTurn() } }

  /// Publishes an access unit of each rendition.
  ///
  /// - Parameters:
  ///   - unit: as received, with those of the other tracks, and with its place in decoding order.
  ///   - videos: the descriptions of the tracks with it.
  ///   - captured: the capture time of its place.
  ///   - isReplay: whether it arrived before the session existed; its lateness is then not counted.
  ///   - isPaced: whether it belongs to a file, which was analysed as a whole.
  /// - Returns: false once the source is irregular or unfit or lacks a track, and the session ends.
  @discardableResult
  func take(
    _ unit: AccessUnit, _ videos: [InputDescription.Video], captured: MonotonicTime,
    isReplay: Bool = false, isPaced: Bool = false
  ) -> Bool {
    let wall = WallTime(captured, plus: SystemClock.wallMinusMonotonic)
    let result = state.withLock { state -> Result in
      guard !state.isOver else { return Result(isOver: true) }
      if unit.isKey, let outcome = state.ending { return end(&state, outcome) }
      let units = [unit] + unit.others
      guard outputs.allSatisfy({ $0.track < min(units.count, videos.count) }) else {
        return end(&state, .tracksChanged)
      }
      if unit.isKey, codings(videos) != state.codings { renew(&state, units, videos) }
      if let outcome = otherRate(unit, &state) { return end(&state, outcome) }
      let isLeading = units.contains { $0.isLeading }
      if !isPaced,
        let fault = state.fitness.take(
          pts: unit.order, isKey: unit.isKey, isLeading: isLeading,
          isPlaced: unit.decoding != nil)
      {
        let reason = PassThroughAnalysis.Reason(fault, rate, maximumGroupTime)
        return end(&state, outcome(of: fault, "\(reason)", state))
      }
      let position = state.schedule.assign(
        pts: unit.order, isKey: unit.isKey, captured: wall, arrival: isPaced ? nil : unit.arrival)
      if position != nil, let counted = state.schedule.counted {
        state.pace.add(pts: counted, arrival: unit.arrival)
      }
      let error = state.schedule.error
      lastError.withLock { $0 = error }
      var result = Result(periodEnd: state.schedule.takePeriodEnd())
      if state.schedule.isIrregular {
        // The size of the next session is that of the published header.
        return end(
          &state,
          state.descriptions.isEmpty ? .irregularKeyFrames : .unfit("key frames are irregular"))
      }
      if !isPaced, let reason = unusable(state) { return end(&state, .unpaced("\(reason)")) }
      guard let position else { return result }
      if let period = position.periodStart {
        state.opening = Opening(
          period: period, pts: position.timestamp, captured: captured,
          chunks: outputs.map { _ in [] })
      }
      let shift = shift(of: unit, position, &state.places)
      let chunks = outputs.map {
        $0.chunk(units[$0.track], of: videos[$0.track], position, shift: shift)
      }
      publish(chunks, position, captured: captured, &state)
      result.published = (chunks, position)
      return result
    }
    if let end = result.periodEnd {
      log.write(
        .warning, "irregular", stream: configuration.name, "\(end): discontinuity inserted")
    }
    result.onEnd?()
    guard !result.isOver else { return false }
    if let position = result.published?.position { splices.take(position, isKey: unit.isKey) }
    count(result.published?.chunks, at: result.published?.position.indexInSegment, isReplay)
    return true
  }

  /// Why the timestamps of the source cannot be used; nil if they can.
  private func unusable(_ state: borrowing State) -> PassThroughAnalysis.Reason? {
    if let arriving = state.pace.arriving(unlike: rate) {
      return .unpaced(rate, arriving: arriving)
    }
    return state.schedule.isUnplaceable ? .unplaceable(rate) : nil
  }

  /// Presentation minus decode time of a unit, in frames; 0 without B-frames.
  private func shift(
    of unit: AccessUnit, _ position: PassThroughSchedule.Position,
    _ places: inout PresentationPlaces
  ) -> Int64 {
    guard let decoding = unit.decoding else { return 0 }
    let segmentation = configuration.segmentation
    // bounded: indices of a segment
    let first = position.frameIndex - position.indexInSegment
    return places.shift(
      of: position.frameIndex, shift: decoding.shift, isKey: unit.isKey,
      endOfSegment: segmentation.hasVariableDuration
        ? nil : first.addingSaturated(segmentation.framesPerSegment))
  }

  /// Ends the session.
  private func end(_ state: inout State, _ outcome: SessionOutcome) -> Result {
    state.isOver = true
    let body = state.onEnd.take()
    return Result(isOver: true, onEnd: { body?(outcome) })
  }

  private func publish(
    _ chunks: [Chunk], _ position: PassThroughSchedule.Position, captured: MonotonicTime,
    _ state: inout State
  ) {
    guard var opening = state.opening else {
      // The timeline is first: the audio of the segment reads its offset there.
      timeline.withLock {
        $0.append(
          position.frameIndex, in: position.segment, pts: position.timestamp, captured: captured,
          offset: position.offset)
      }
      for (output, chunk) in zip(outputs, chunks) {
        output.sink.publish(chunk, offset: position.offset)
      }
      state.segment = position.segment
      return
    }
    for (index, chunk) in chunks.enumerated() { opening.chunks[index].append(chunk) }
    state.opening = opening
    let count = position.indexInSegment + 1
    guard count >= configuration.segmentation.framesPerPart else { return }
    // The frames of a trial are those of the next session, if it fails.
    if state.trial != nil, count < configuration.segmentation.framesPerSegment { return }
    // Counted from the last published segment: a period may have ended before its first part.
    let skipped = state.segment.map { position.segment - $0 - 1 } ?? 0
    for (index, output) in outputs.enumerated() {
      output.sink.begin(
        opening.chunks[index], offset: opening.period.offset, skipped: skipped,
        track: index < state.descriptions.count ? state.descriptions[index] : nil)
    }
    state.descriptions = []
    state.opening = nil
    state.segment = position.segment
    let first = opening.chunks[0][0].frameIndex
    timeline.withLock { timeline in
      timeline.begin(
        number: position.segment, first: first, pts: opening.pts, captured: opening.captured,
        offset: opening.period.offset)
      timeline.append(
        position.frameIndex, in: position.segment, pts: position.timestamp, captured: captured,
        offset: opening.period.offset)
    }
  }
}
