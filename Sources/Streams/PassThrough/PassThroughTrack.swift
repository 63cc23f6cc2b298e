// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing
import Time

/// The rendition of a pass-through stream: its access units become chunks on the input's thread.
final class PassThroughTrack: Sendable {
  private struct State: Sendable {
    var schedule: PassThroughSchedule
    var parameterSets: [[UInt8]] = []
    /// The description of the next period; nil if the header stays.
    var description: TrackDescription?
    /// The first part of a period, published as a whole: no playlist may end with a Discontinuity
    /// without media.
    var opening: Opening?
    /// The segment that was published last.
    var segment: Int64?
    var faults = 0
    /// Called once when the source is irregular.
    var onIrregular: (@Sendable () -> Void)?
    /// Whether the session ends since the source is irregular: nothing more is published.
    var isOver = false
  }

  /// The start of a period that is not published yet.
  private struct Opening: Sendable {
    let period: PassThroughSchedule.PeriodStart
    /// The timestamp of its first access unit.
    let pts: SourceTime
    /// The capture time of its first access unit.
    let captured: MonotonicTime
    var chunks: [Chunk] = []
  }

  /// The effects of one access unit.
  private struct Result: Sendable {
    var published: (chunk: Chunk, position: PassThroughSchedule.Position)?
    var faults = 0
    var isOver = false
    var onIrregular: (@Sendable () -> Void)?
  }

  /// The published frames on the media timeline, for the audio beside them.
  let timeline: Locked<VideoTimeline>

  private let configuration: StreamConfiguration
  private let rendition: RenditionSettings
  private let sink: any ChunkSink
  private let statistics: Locked<StreamStatistics>
  private let log: Log
  private let writer = ChunkWriter()
  private let state: Locked<State>
  private let lastError = Locked(Interval.zero)

  /// Whether an earlier process has described the track and published a part of it.
  private let isContinued: Bool

  init(
    _ configuration: StreamConfiguration, window sink: any ChunkSink, first: Int64,
    after published: ResumePoint? = nil, statistics: Locked<StreamStatistics>, log: Log
  ) {
    self.configuration = configuration
    self.sink = sink
    isContinued = published != nil
    self.statistics = statistics
    self.log = log
    rendition = configuration.renditions[0]
    timeline = Locked(VideoTimeline(grid: configuration.segmentation.grid))
    state = Locked(
      State(
        schedule: PassThroughSchedule(
          segmentation: configuration.segmentation, first: first,
          startsAtFirst: configuration.numbering == .run,
          after: published.map { ($0.segment, $0.end) }), segment: published?.segment))
  }

  /// Wall clock minus the stream's own.
  ///
  /// The value is available without waiting for an access unit that is being published.
  var clockError: Interval { lastError.withLock { $0 } }

  /// How much media the next session begins with if the source turns irregular: it has a complete
  /// segment at once.
  var recentSpan: Interval {
    configuration.segmentation.segmentDuration * 2  // bounded: intervals saturate
  }

  /// Frames per second of the stream.
  var rate: FrameRate { configuration.segmentation.grid.rate }

  /// Whether the segments of the session begin with any key frame of the source.
  var hasVariableDuration: Bool { configuration.segmentation.hasVariableDuration }

  /// Describes the track to the sink and opens it.
  ///
  /// - Parameters:
  ///   - video: the description of the source.
  ///   - onIrregular: called once, on the input's thread, if the key frames of the source are
  ///     irregular.
  /// - Throws: the error in the parameter sets.
  func open(
    _ video: InputDescription.Video, onIrregular: @escaping @Sendable () -> Void = {}
  ) throws(FFmpegError) {
    let description = try description(video, rendition.size)
    state.withLock {
      $0.parameterSets = video.parameterSets
      $0.onIrregular = onIrregular
      // The newest period of an earlier process may have another header.
      if isContinued { $0.description = description }
    }
    guard !isContinued else { return }
    sink.describe(description)
    sink.goLive()
  }

  /// Notes that the source is away: the next IDR begins a period.
  func breakOff() {
    state.withLock { state in
      state.schedule.breakOff()
      state.opening = nil
    }
  }

  /// Notes that the file starts over.
  ///
  /// The first IDR of the file continues the period if a segment can begin there; else it begins a
  /// period.
  func startTurn() { state.withLock { $0.schedule.startTurn() } }

  /// Publishes an access unit.
  ///
  /// - Parameters:
  ///   - unit: as received.
  ///   - video: the description of the source with it.
  ///   - captured: its capture time.
  ///   - isReplay: whether it arrived before the session existed; its lateness is then not counted.
  /// - Returns: false once the source is irregular, and the session ends.
  @discardableResult
  func take(
    _ unit: AccessUnit, _ video: InputDescription.Video, captured: MonotonicTime,
    isReplay: Bool = false
  ) -> Bool {
    let wall = WallTime(captured, plus: SystemClock.wallMinusMonotonic)
    let result = state.withLock { state -> Result in
      guard !state.isOver else { return Result(isOver: true) }
      if unit.isKey, video.parameterSets != state.parameterSets { renew(&state, unit, video) }
      let position = state.schedule.assign(pts: unit.pts, isKey: unit.isKey, captured: wall)
      let error = state.schedule.error
      lastError.withLock { $0 = error }
      var result = Result(faults: state.schedule.faults - state.faults)
      state.faults = state.schedule.faults
      if state.schedule.isIrregular {
        state.isOver = true
        return Result(isOver: true, onIrregular: state.onIrregular.take())
      }
      guard let position else { return result }
      if let period = position.periodStart {
        state.opening = Opening(period: period, pts: unit.pts, captured: captured)
      }
      let chunk = chunk(unit, position)
      publish(chunk, position, pts: unit.pts, captured: captured, &state)
      result.published = (chunk, position)
      return result
    }
    if result.faults > 0 {
      log.write(
        .warning, "irregular", stream: configuration.name,
        "source became irregular (lost frames or key frames): discontinuity inserted")
    }
    result.onIrregular?()
    guard !result.isOver else { return false }
    count(result.published?.chunk, at: result.published?.position.indexInSegment, isReplay)
    return true
  }

  /// Applies other parameter sets: the next period has another header.
  private func renew(_ state: inout State, _ unit: AccessUnit, _ video: InputDescription.Video) {
    state.parameterSets = video.parameterSets
    state.schedule.breakOff()
    state.opening = nil
    do throws(FFmpegError) {
      // The size is in the parameter sets, and the decoder reads it.
      var decoder = try VideoDecoder(video)
      let decoded = decoder.decode(unit) + decoder.finish(arrival: unit.arrival)
      let decodedSize = decoded.first.flatMap { VideoSize(width: $0.width, height: $0.height) }
      let size = decodedSize ?? rendition.size
      let description = try description(video, size)
      state.description = description
      log.write(
        .info, "parameters", stream: configuration.name,
        "the source changed its parameters: \(description.codecs), \(size)")
    } catch {
      log.write(
        .warning, "parameters", stream: configuration.name,
        "the source has unreadable parameters: \(error)")
    }
  }

  private func publish(
    _ chunk: Chunk, _ position: PassThroughSchedule.Position, pts: SourceTime,
    captured: MonotonicTime, _ state: inout State
  ) {
    guard var opening = state.opening else {
      // The timeline is first: the audio of the segment reads its offset there.
      timeline.withLock {
        $0.append(
          chunk.frameIndex, in: position.segment, pts: pts, captured: captured,
          offset: position.offset)
      }
      sink.publish(chunk, offset: position.offset)
      state.segment = position.segment
      return
    }
    opening.chunks.append(chunk)
    state.opening = opening
    guard position.indexInSegment + 1 >= configuration.segmentation.framesPerPart else { return }
    // Counted from the last published segment: a period may have ended before its first part.
    let skipped = state.segment.map { position.segment - $0 - 1 } ?? 0
    sink.begin(
      opening.chunks, offset: opening.period.offset, skipped: skipped, track: state.description)
    state.description = nil
    state.opening = nil
    state.segment = position.segment
    let first = opening.chunks[0].frameIndex
    timeline.withLock { timeline in
      timeline.begin(
        number: position.segment, first: first, pts: opening.pts, captured: opening.captured,
        offset: opening.period.offset)
      timeline.append(
        chunk.frameIndex, in: position.segment, pts: pts, captured: captured,
        offset: opening.period.offset)
    }
  }

  private func chunk(_ unit: AccessUnit, _ position: PassThroughSchedule.Position) -> Chunk {
    let segmentation = configuration.segmentation
    let duration = segmentation.grid.rate.ticksPerFrame
    let sample = Sample(
      payload: unit.bytes, decodeTime: segmentation.grid.ticks(position.frameIndex),
      duration: UInt32(duration), captured: position.captured,
      sequence: UInt32(truncatingIfNeeded: position.frameIndex + 1), isSync: unit.isKey)
    return Chunk(
      frameIndex: position.frameIndex, segment: position.segment, isIndependent: unit.isKey,
      duration: duration, captured: position.captured, published: SystemClock.wallTime,
      bytes: writer.chunk(sample, startsSegment: position.indexInSegment == 0))
  }

  private func description(
    _ video: InputDescription.Video, _ size: VideoSize
  ) throws(FFmpegError) -> TrackDescription {
    let header = try PassThroughHeader(
      video, size: size, rate: configuration.segmentation.grid.rate)
    return TrackDescription(
      rendition, configuration.segmentation, codecs: header.codecs, size: size,
      header: header.bytes)
  }

  private func count(_ chunk: Chunk?, at index: Int64?, _ isReplay: Bool) {
    let segmentation = configuration.segmentation
    let now = SystemClock.wallTime
    statistics.withLock { statistics in
      statistics.inputFrames += 1
      guard let chunk, let index else {
        statistics.surplusFrames += 1
        return
      }
      statistics.renditions[0].mediaBytes += UInt64(chunk.bytes.count)
      guard !isReplay else { return }
      let count = index + 1
      let endsSegment = !segmentation.hasVariableDuration && count == segmentation.framesPerSegment
      guard endsSegment || count % segmentation.framesPerPart == 0 else { return }
      let frames = (count - 1) % segmentation.framesPerPart + 1
      statistics.renditions[0].countPart(
        lateness: now - chunk.captured, duration: segmentation.grid.duration(ofFrames: frames))
    }
  }
}
