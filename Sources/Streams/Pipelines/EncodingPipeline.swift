// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing
import Time

/// Encodes the frames of any source: frame slots, one encoder thread per rendition, audio.
final class EncodingPipeline: Pipeline {
  private let context: SessionContext
  private let source: PulledSource?
  private let feed: SlotFeed
  private let barrier: StartBarrier
  private let load: Locked<LadderLoadState>
  private let splices: SpliceKeys
  /// The frames of the slate, one for each frame time; known once it is open.
  private let slate = Locked<[VideoFrame]>([])

  /// A pipeline whose frames are those of the test pattern, a camera, or `source`.
  init(_ context: SessionContext, source: PulledSource?) {
    self.context = context
    self.source = source
    let count = context.outputs.count
    feed = SlotFeed(
      renditions: count, capacity: Int(context.configuration.segmentation.framesPerPart))
    barrier = StartBarrier(count: count + context.audio.count)
    load = Locked(LadderLoadState(count: count))
    splices = SpliceKeys(context)
  }

  private var configuration: StreamConfiguration { context.configuration }

  var clockError: Interval {
    (feed.read(\.clock) ?? context.clock).error(
      wallMinusMonotonic: SystemClock.wallMinusMonotonic, on: configuration.segmentation)
  }

  func open() throws(SessionFailure) {
    do throws(FFmpegError) {
      let frames = try context.slateFrames()
      slate.withLock { $0 = frames }
    } catch { throw .encoder("\(error)") }
    let sourceOpening = try startSource()
    var openings: [OpeningResult] = []
    for (index, output) in context.outputs.enumerated() {
      openings.append(
        try context.startEncoder(output.settings.name) { [self] opened throws(FFmpegError) in
          try encode(index, opened)
        })
    }
    openings += try startAudio()
    for opening in openings {
      if let reason = opening.wait() { throw .encoder(reason) }
    }
    if !configuration.waitsForSource, let reason = sourceOpening?.wait() { throw .source(reason) }
  }

  func close() {
    barrier.close()
    feed.close()
  }

  func requestKey(_ rendition: Int) { context.keys.request(rendition) }

  func planSplice(_ frame: Int64) { _ = splices.plan(frame, .requested) }

  // MARK: Source

  /// Starts the source.
  ///
  /// - Returns: the result of its opening; nil if it is open.
  private func startSource() throws(SessionFailure) -> OpeningResult? {
    let (feed, stop, log, name) = (feed, context.stop, context.log, configuration.name)
    switch configuration.source {
    case .test:
      context.statistics.withLock { $0.isSourceOnline = true }
      let source = TestSource(
        size: configuration.size, segmentation: configuration.segmentation, feed: feed, stop: stop)
      try context.startThread("source") {
        do throws(FFmpegError) { try source.run() } catch {
          log.write(.error, "source-failed", stream: name, "test pattern: \(error)")
        }
      }
      return nil
    case .camera(let path):
      let opening = OpeningResult()
      let source = CameraSource(
        path: path, configuration: configuration, feed: feed, stop: stop,
        statistics: context.statistics, outages: context.outages, log: log)
      try context.startThread("source") { source.run(opening) }
      try startPacer()
      return opening
    case .network:
      context.statistics.withLock { $0.isSourceOnline = true }
      source?.attach(
        context.target(
          .frames(to: feed, size: configuration.size, grid: configuration.segmentation.grid),
          splices))
      try startPacer()
      return nil
    case .upstream: throw .configuration("the stream of another server has its encoders there")
    }
  }

  private func startPacer() throws(SessionFailure) {
    try context.startThread("grid") { [feed, context] in feed.closeSlots(until: context.stop) }
  }

  // MARK: Encoders

  /// Opens the encoder of a rendition, fills its window, then encodes slots until the feed ends.
  private func encode(_ index: Int, _ opened: () -> Void) throws(FFmpegError) {
    let output = context.outputs[index]
    var track = try VideoTrack(configuration, output.settings, window: output.sink)
    if let reason = track.fallbackReason {
      context.log.write(
        .warning, "encoder-fallback", stream: configuration.name,
        "\(reason); using \(track.encoderName)")
    }
    opened()
    try goLive(&track, index)
    let thread = RenditionThread(
      configuration: configuration, window: output.sink, renditionIndex: index, feed: feed,
      keys: context.keys, load: load,
      isLeaving: { [context] in context.stop.isSet && !context.ending.isSet },
      statistics: context.statistics, watch: context.watch, log: context.log)
    try thread.run(&track)
  }

  /// Fills the window and opens it; all renditions go live with the same frame.
  private func goLive(
    _ track: inout VideoTrack, _ index: Int
  ) throws(FFmpegError) {
    let output = context.outputs[index]
    if let takeover = context.takeover {
      return try goLive(takeover, index, output.sink)
    }
    let slate = try context.slate(output.settings.size)
    let prefill = Prefill(
      segmentation: configuration.segmentation, clock: context.clock,
      inputDelay: configuration.inputDelay, first: context.firstSegment,
      length: prefillLength, stop: context.stop)
    let published = context.anchor.end(ofTrack: index)
    let due =
      if let published {
        try prefill.resume(&track, with: slate, after: published, leaveOut: output.sink.leaveOut)
      } else { try prefill.fill(&track, with: slate) { SystemClock.monotonicTime } }
    guard let first = barrier.arrive(due) else { return }
    try prefill.fill(
      &track, with: slate, from: due, to: first, isPublished: published != nil)
    output.sink.goLive()
    if barrier.isLastReady() { try openFeed(first) }
  }

  /// Complete segments before the present one: fewer if the session before has published some of
  /// them.
  private var prefillLength: Int64 {
    let segmentation = configuration.segmentation
    let due = context.clock.frame(atOrAfter: SystemClock.monotonicTime, on: segmentation.grid)
    let passed = segmentation.segment(of: due).subtractingSaturated(context.firstSegment)
    return min(Int64(configuration.prefill), max(0, passed))
  }

  /// Opens a window after that of the process before, when that has its last segment.
  ///
  /// The frame slots begin with the first segment of this process, which is still ahead.
  private func goLive(
    _ takeover: any WindowTakeover, _ index: Int, _ sink: any ChunkSink
  ) throws(FFmpegError) {
    let first = configuration.segmentation.firstFrame(of: takeover.firstSegment)
    guard barrier.arrive(first) != nil else { return }
    if barrier.isLastReady() { try openFeed(first) }
    try context.takeOver(takeover, index, sink)
  }

  /// Starts the audio threads; a missing device is an error, as a missing camera is.
  private func startAudio() throws(SessionFailure) -> [OpeningResult] {
    for case .device(let name) in configuration.audioTracks.map(\.source)
    where !configuration.waitsForSource {
      do throws(AudioDeviceError) { _ = try AudioDevice(device: name) } catch {
        throw .source("\(error)")
      }
    }
    let clock = FrameGridClock(
      segmentation: configuration.segmentation, start: context.clock, feed: feed,
      stop: context.stop, stepTimeout: configuration.inputDelay + .seconds(2))
    return try context.startAudio(
      clock: clock, from: context.firstSegment,
      source: { [context] output in
        clock.source(of: output, stream: context.configuration.name, log: context.log)
      }
    ) { [self] (output, audio: inout AudioTrackPipeline) throws(FFmpegError) in
      if let takeover = context.takeover {
        try goLive(takeover, output.index, output.sink)
        return !context.stop.isSet
      }
      // Audio that continues is silent up to the present by its grace period.
      if context.anchor.end(ofTrack: output.index) == nil {
        try audio.prefill(to: clock.mediaTime(at: SystemClock.monotonicTime))
      }
      guard let first = barrier.arrive(.min) else { return false }
      output.sink.goLive()
      if barrier.isLastReady() { try openFeed(first) }
      return true
    }
  }

  private func openFeed(_ first: Int64) throws(FFmpegError) {
    let slate = slate.withLock { $0 }
    let initial =
      if let first = feed.newestBeforeOpening ?? slate.first { first } else {
        try context.slate(configuration.size)
      }
    feed.open(
      SlotSchedule(
        segmentation: configuration.segmentation, clock: context.clock, first: first,
        inputDelay: configuration.inputDelay, initial: initial,
        slate: configuration.source == .test ? [] : slate,
        arrivals: source?.pictures ?? SilenceLimit()))
  }
}
