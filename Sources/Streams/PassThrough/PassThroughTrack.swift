// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing

/// The one rendition of a stream that is packaged as it came: its pictures become chunks on the thread that read them.
final class PassThroughTrack: Sendable {
  private struct State: Sendable {
    var schedule: PassThroughSchedule
    var parameterSets: [[UInt8]] = []
    /// What changed with the run that begins; nil where the header stays.
    var track: TrackDescription?
    /// The first part of a run, which readers see as a whole: players must not be told of a Discontinuity behind
    /// which there is nothing yet.
    var opening: Opening?
    /// The segment that was published last.
    var number: Int64?
    var faults = 0
    /// Called once when the source turns out to be irregular.
    var onIrregular: (@Sendable () -> Void)?
  }

  /// The beginning of a run that nobody has seen yet.
  private struct Opening: Sendable {
    let run: PassThroughSchedule.PeriodStart
    /// Stamp and monotonic time of capture of its first picture; nanoseconds.
    let pts, captured: Int64
    var chunks: [Chunk] = []
  }

  /// What its pictures say of media time, for the sound that goes with them.
  let timeline: Locked<VideoTimeline>

  private let configuration: StreamConfiguration
  private let rendition: RenditionSettings
  private let window: LiveWindow
  private let statistics: Locked<StreamStatistics>
  private let log: Log
  private let writer = ChunkWriter()
  private let state: Locked<State>

  init(
    _ configuration: StreamConfiguration, window: LiveWindow, first: Int64,
    statistics: Locked<StreamStatistics>, log: Log
  ) {
    self.configuration = configuration
    self.window = window
    self.statistics = statistics
    self.log = log
    rendition = configuration.renditions[0]
    timeline = Locked(VideoTimeline(grid: configuration.segmentation.grid))
    state = Locked(
      State(
        schedule: PassThroughSchedule(
          segmentation: configuration.segmentation, first: first,
          startsAtFirst: configuration.numbering == .run)))
  }

  /// Wall clock minus what the stream says of it, in nanoseconds.
  var clockError: Int64 { state.withLock { $0.schedule.error } }

  /// Describes the track to the window and opens that.
  ///
  /// - Parameters:
  ///   - video: what is known of the source.
  ///   - onIrregular: called once, on the source's thread, when its key pictures keep leaving the places in which
  ///     segments begin.
  /// - Throws: what is wrong with the parameter sets.
  func open(
    _ video: InputDescription.Video, onIrregular: @escaping @Sendable () -> Void = {}
  ) throws(FFmpegError) {
    window.describe(try description(video, rendition.size))
    state.withLock {
      $0.parameterSets = video.parameterSets
      $0.onIrregular = onIrregular
    }
    window.goLive()
  }

  /// The source is away: the next IDR begins a run.
  func breakOff() {
    state.withLock { state in
      state.schedule.breakOff()
      state.opening = nil
    }
  }

  /// Publishes a picture.
  ///
  /// - Parameters:
  ///   - unit: as it came.
  ///   - video: what is known of the source with it.
  ///   - captured: when it was captured: monotonic nanoseconds.
  func take(_ unit: AccessUnit, _ video: InputDescription.Video, captured: Int64) {
    let wall = captured + SystemClock.wallMinusMonotonic
    let (place, chunk, faults, onIrregular) = state.withLock {
      state -> (PassThroughSchedule.Position?, Chunk?, Int, (@Sendable () -> Void)?) in
      if unit.isKey, video.parameterSets != state.parameterSets { renew(&state, unit, video) }
      let place = state.schedule.assign(pts: unit.pts, isKey: unit.isKey, captured: wall)
      let faults = state.schedule.faults - state.faults
      state.faults = state.schedule.faults
      let turned = state.schedule.isIrregular ? state.onIrregular.take() : nil
      guard let place else { return (nil, nil, faults, turned) }
      let chunk = self.chunk(unit, place)
      if let run = place.periodStart {
        state.opening = Opening(run: run, pts: unit.pts, captured: captured)
      }
      publish(chunk, place, pts: unit.pts, captured: captured, &state)
      return (place, chunk, faults, turned)
    }
    if faults > 0 {
      log.write(
        .warning, "irregular", stream: configuration.name,
        "the source's pictures or key pictures do not come as they did at first: a discontinuity")
    }
    onIrregular?()
    count(chunk, at: place?.indexInSegment)
  }

  /// Takes over parameter sets that are others than before.
  private func renew(_ state: inout State, _ unit: AccessUnit, _ video: InputDescription.Video) {
    state.parameterSets = video.parameterSets
    state.schedule.breakOff()
    state.opening = nil
    do throws(FFmpegError) {
      // The size is in the parameter sets, and the decoder reads it.
      var decoder = try VideoDecoder(video)
      let decoded = decoder.decode(unit) + decoder.finish(arrival: unit.arrival)
      let size = decoded.first.flatMap { VideoSize(width: $0.width, height: $0.height) }
      let shown = size ?? rendition.size
      let track = try description(video, shown)
      state.track = track
      log.write(
        .info, "parameters", stream: configuration.name,
        "the source has other parameters now: \(track.codecs), \(shown)")
    } catch {
      log.write(
        .warning, "parameters", stream: configuration.name,
        "the source's parameters cannot be read: \(error)")
    }
  }

  private func publish(
    _ chunk: Chunk, _ place: PassThroughSchedule.Position, pts: Int64, captured: Int64,
    _ state: inout State
  ) {
    guard var opening = state.opening else {
      window.publish(chunk)
      state.number = place.segment
      return timeline.withLock {
        $0.append(chunk.frame, in: place.segment, pts: pts, captured: captured)
      }
    }
    opening.chunks.append(chunk)
    state.opening = opening
    guard place.indexInSegment + 1 >= configuration.segmentation.framesPerPart else { return }
    // A run that nobody saw may have been before it.
    let skipped = state.number.map { place.segment - $0 - 1 } ?? 0
    window.begin(
      opening.chunks, offset: opening.run.offset, skipped: skipped, track: state.track)
    state.track = nil
    state.opening = nil
    state.number = place.segment
    let first = opening.chunks[0].frame
    timeline.withLock { timeline in
      timeline.begin(
        number: place.segment, first: first, pts: opening.pts, captured: opening.captured,
        offset: opening.run.offset)
      timeline.append(chunk.frame, in: place.segment, pts: pts, captured: captured)
    }
  }

  private func chunk(_ unit: AccessUnit, _ place: PassThroughSchedule.Position) -> Chunk {
    let segmentation = configuration.segmentation
    let duration = segmentation.grid.rate.ticksPerFrame
    let sample = Sample(
      payload: unit.bytes, decodeTime: segmentation.grid.ticks(place.frameIndex),
      duration: UInt32(duration), captured: place.captured,
      sequence: UInt32(truncatingIfNeeded: place.frameIndex + 1), isSync: unit.isKey)
    return Chunk(
      frame: place.frameIndex, segment: place.segment, isIndependent: unit.isKey,
      duration: duration,
      captured: place.captured, published: SystemClock.wall,
      bytes: writer.chunk(sample, startsSegment: place.indexInSegment == 0))
  }

  private func description(
    _ video: InputDescription.Video, _ size: VideoSize
  ) throws(FFmpegError) -> TrackDescription {
    let header = try PassThroughHeader(
      video, size: size, rate: configuration.segmentation.grid.rate)
    return TrackDescription(
      rendition: rendition.name, codecs: header.codecs,
      bandwidth: rendition.peakBandwidth(configuration.segmentation),
      averageBandwidth: rendition.averageBandwidth(configuration.segmentation), size: size,
      segmentation: configuration.segmentation, header: header.bytes)
  }

  private func count(_ chunk: Chunk?, at position: Int64?) {
    let segmentation = configuration.segmentation
    let now = SystemClock.wall
    statistics.withLock { statistics in
      statistics.inputFrames += 1
      guard let chunk, let position else {
        statistics.surplusFrames += 1
        return
      }
      statistics.renditions[0].mediaBytes += UInt64(chunk.bytes.count)
      let after = position + 1
      let endsSegment = !segmentation.hasVariableDuration && after == segmentation.framesPerSegment
      guard endsSegment || after % segmentation.framesPerPart == 0 else { return }
      let frames = (after - 1) % segmentation.framesPerPart + 1
      statistics.renditions[0].partLateness.observe(Double(now - chunk.captured) / 1e9)
      statistics.renditions[0].partDuration.observe(
        Double(segmentation.grid.nanoseconds(frames)) / 1e9)
    }
  }
}
