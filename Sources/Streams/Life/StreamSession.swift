// SPDX-License-Identifier: Apache-2.0

import Capture
package import Logging
import Media
package import Packaging
import Scheduling
import Sharing

/// One stream's life: source, grid, encoder, window.
package final class StreamSession: Sendable {
  /// Why a stream could not begin.
  package enum Failure: Error, CustomStringConvertible {
    /// The source that was named is not there or cannot be used.
    case source(String)
    /// No encoder could be opened.
    case encoder(String)
    /// What was asked for does not go with what the source carries.
    case configuration(String)
    /// A source that is passed through does not keep the distance of key pictures that it had at first.
    case irregular
    /// The system refused a thread.
    case thread

    /// One line for a person.
    package var description: String {
      switch self {
      case .source(let reason), .configuration(let reason): reason
      case .encoder(let reason): "no encoder could be opened: \(reason)"
      case .irregular: "the source's key pictures keep no distance"
      case .thread: "the system refuses another thread"
      }
    }
  }

  /// How far a source or an encoder is with its start.
  private enum Opening: Sendable {
    case pending, opened
    case failed(String)

    static func done(_ error: (any Error)?) -> Opening {
      error.map { .failed("\($0)") } ?? .opened
    }

    /// What it came to; nil while it goes on.
    var finished: Opening? { if case .pending = self { nil } else { self } }
  }

  /// One rendition: what it is and what it has.
  package struct Rendition: Sendable {
    /// Name, picture and rate.
    package let settings: RenditionSettings
    /// Its chunks, parts and segments.
    package let window: LiveWindow
  }

  /// What the stream is made from and how.
  package let configuration: StreamConfiguration
  /// Its renditions, the best first; at least one.
  package let renditions: [Rendition]
  /// Its sound; nil where it has none.
  package let audio: LiveWindow?
  /// Its names of media.
  package let names: MediaNames

  private let clock: StreamClock
  private let passThrough: PassThroughTrack?
  private let firstSegment: Int64
  private let feed: SlotFeed
  private let audioQueue = AudioQueue()
  private let startLine: StartBarrier
  private let stop = StopFlag()
  private let ending = StopFlag()
  private let counters: Locked<StreamStatistics>
  private let load: LadderLoad
  private let threads = Locked<[OSThread]>([])
  private let log: Log

  /// A stream whose clock is anchored now; nothing runs before ``start(onFailure:)``.
  package init(_ configuration: StreamConfiguration, log: Log) {
    let segmentation = configuration.segmentation
    let monotonic = SystemClock.monotonic
    let clock = StreamClock(
      wall: monotonic + SystemClock.wallMinusMonotonic, monotonic: monotonic)
    let begun = segmentation.segment(of: clock.frame(atOrAfter: monotonic, on: segmentation.grid))
    // Without history the first segment that is published is the next whole one, or where pictures are passed through
    // the one that begins with the source's next IDR.
    firstSegment =
      configuration.passesThrough
      ? begun
      : configuration.prefill > 0 ? begun - Int64(configuration.prefill) : begun + 1
    self.configuration = configuration
    self.clock = clock
    self.log = log
    names = MediaNames(configuration.numbering, first: firstSegment)
    let requested = configuration.renditions
    let gate =
      requested.count > 1
      ? PublishGate(
        count: requested.count, gracePeriod: LadderLoadState.publishTimeout)
      : nil
    renditions = requested.enumerated().map { index, settings in
      Rendition(
        settings: settings,
        window: LiveWindow(
          segmentation: segmentation, playlistLength: configuration.playlistLength,
          retained: configuration.retained, gate: gate, rendition: index))
    }
    gate?.attach(renditions.map(\.window))
    feed = SlotFeed(renditions: renditions.count, capacity: Int(segmentation.framesPerPart))
    let audioSegmentation = configuration.audioSegmentation
    audio = audioSegmentation.map { segmentation in
      LiveWindow(
        segmentation: .audio(segmentation), playlistLength: configuration.playlistLength,
        retained: configuration.retained)
    }
    startLine = StartBarrier(count: renditions.count + (audio == nil ? 0 : 1))
    counters = Locked(StreamStatistics(renditions: renditions.count + (audio == nil ? 0 : 1)))
    load = LadderLoad(count: renditions.count)
    passThrough =
      configuration.passesThrough
      ? PassThroughTrack(
        configuration, window: renditions[0].window, first: firstSegment, statistics: counters,
        log: log) : nil
  }

  /// The window of the best rendition.
  package var window: LiveWindow { renditions[0].window }

  /// What the stream's threads counted.
  package var statistics: StreamStatistics { counters.withLock { $0 } }

  /// Wall clock minus what the stream says of it, in nanoseconds; beyond 50 ms it is announced at the next segment.
  package var clockError: Int64 {
    let difference = SystemClock.wallMinusMonotonic
    if let passThrough { return passThrough.clockError }
    let current = feed.read(\.clock) ?? clock
    return current.error(wallMinusMonotonic: difference, on: configuration.segmentation)
  }

  /// Starts source and encoder and returns when both are open; the window goes live soon after.
  ///
  /// - Parameter onFailure: called once if the running stream fails for good, on one of its threads.
  /// - Throws: what could not be opened; what was is let go by ``leave()``.
  package func start(onFailure: @escaping @Sendable (Failure) -> Void) throws(Failure) {
    if let passThrough { return try pass(through: passThrough, onFailure) }
    let sourceOpening = Monitor(Opening.pending)
    try startSource(sourceOpening)
    var openings = renditions.map { _ in Monitor(Opening.pending) }
    for (place, opening) in openings.enumerated() {
      try thread(renditions[place].settings.name) { [self] in
        encode(place, opened: { error in opening.update { $0 = .done(error) } }, onFailure)
      }
    }
    if let opening = try startAudio(onFailure) { openings.append(opening) }
    for opening in openings {
      if case .failed(let reason) = opening.wait(\.finished) { throw .encoder(reason) }
    }
    if !configuration.waitsForSource, case .failed(let reason) = sourceOpening.wait(\.finished) {
      throw .source(reason)
    }
  }

  /// Ends the stream: the source stops, what waits is encoded, the window ends.
  ///
  /// Returns when that is done.
  package func end() {
    ending.set()
    leave()
    for rendition in renditions { rendition.window.end() }
    audio?.end()
  }

  /// Stops the stream's threads without ending its window: players shall wait for the next process, or the next start.
  package func leave() {
    stop.set()
    startLine.close()
    feed.close()
    if case .network(let source) = configuration.source { source.stop() }
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  /// Lets the input publish its pictures as they come, and its sound with them.
  private func pass(
    through track: PassThroughTrack, _ onFailure: @escaping @Sendable (Failure) -> Void
  ) throws(Failure) {
    guard case .network(let source) = configuration.source, let facts = source.facts else {
      throw .configuration("only an input can be passed through")
    }
    do throws(FFmpegError) {
      try track.open(facts.description.video) { onFailure(.irregular) }
    } catch {
      throw .source("\(error)")
    }
    let clock = VideoTimelineClock(timeline: track.timeline)
    let opening = try startAudio(clock: clock, from: nil, source: { nil }, onFailure) {
      [audio] _ in
      audio?.goLive()
      return true
    }
    if case .failed(let reason) = opening?.wait(\.finished) {
      throw .encoder(reason)
    }
    counters.withLock { $0.isSourceOnline = true }
    source.attach(
      .init(
        size: configuration.size, segmentation: configuration.segmentation, feed: feed,
        statistics: counters, passThrough: track, audio: audioTaker))
  }

  private func startSource(_ opening: Monitor<Opening>) throws(Failure) {
    switch configuration.source {
    case .test:
      counters.withLock { $0.isSourceOnline = true }
      opening.update { $0 = .opened }
      let source = TestSource(
        size: configuration.size, segmentation: configuration.segmentation, feed: feed, stop: stop)
      try thread("source") { [log, name = configuration.name] in
        do throws(FFmpegError) { try source.run() } catch {
          log.write(.error, "source-failed", stream: name, "the test picture failed: \(error)")
        }
      }
    case .camera(let path):
      let source = CameraSource(
        path: path, configuration: configuration, feed: feed, stop: stop, statistics: counters,
        log: log)
      try thread("source") {
        source.run { error in
          opening.update { if $0.finished == nil { $0 = .done(error) } }
        }
      }
      let pacer = SlotPacer(feed: feed, stop: stop)
      try thread("grid") { pacer.run() }
    case .network(let source):
      opening.update { $0 = .opened }
      counters.withLock { $0.isSourceOnline = true }
      source.attach(
        .init(
          size: configuration.size, segmentation: configuration.segmentation, feed: feed,
          statistics: counters, audio: audioTaker))
      let pacer = SlotPacer(feed: feed, stop: stop)
      try thread("grid") { pacer.run() }
    }
  }

  /// Takes the input's sound where it is wanted.
  private var audioTaker: (@Sendable (AudioPacket, InputDescription.Audio, Int64) -> Void)? {
    guard case .input = configuration.audio else { return nil }
    return { [audioQueue] packet, format, captured in
      audioQueue.push(
        .init(bytes: packet.bytes, format: format, pts: packet.pts, captured: captured))
    }
  }

  /// Starts the audio of an encoded stream; a missing device is an error, as a missing camera is.
  private func startAudio(
    _ onFailure: @escaping @Sendable (Failure) -> Void
  ) throws(Failure) -> Monitor<Opening>? {
    if case .device(let name) = configuration.audio, !configuration.waitsForSource {
      do throws(AudioDeviceError) { _ = try AudioDevice(device: name) } catch {
        throw .source("\(error)")
      }
    }
    let grid = FrameGridClock(
      segmentation: configuration.segmentation, start: clock, feed: feed, stop: stop,
      stepTimeout: configuration.inputDelay + 2_000_000_000)
    return try startAudio(
      clock: grid, from: firstSegment,
      source: { [configuration, log] in
        grid.source(of: configuration, log: log)
      }, onFailure
    ) { [self] (pipeline: inout AudioPipeline) throws(FFmpegError) in
      let now = clock.mediaTime(at: SystemClock.monotonic, on: configuration.segmentation)
      try pipeline.prefill(to: now)
      guard let first = startLine.arrive(.min) else { return false }
      audio?.goLive()
      if startLine.isLastReady() { try openFeed(first) }
      return true
    }
  }

  /// Starts the audio thread, if the stream has audio; `goLive` opens the window and returns
  /// whether the stream starts.
  private func startAudio(
    clock: any MediaClock, from firstSegment: Int64?,
    source: @escaping @Sendable () -> (any LocalAudioSource)?,
    _ onFailure: @escaping @Sendable (Failure) -> Void,
    goLive: @escaping @Sendable (inout AudioPipeline) throws(FFmpegError) -> Bool
  ) throws(Failure) -> Monitor<Opening>? {
    guard let audio, let segmentation = configuration.audioSegmentation else { return nil }
    let opening = Monitor(Opening.pending)
    try thread(StreamConfiguration.audioName) { [self] in
      var isOpen = false
      do throws(FFmpegError) {
        var pipeline = try AudioPipeline(
          configuration, segmentation: segmentation, window: audio, from: firstSegment,
          clock: clock, source: source(), queue: audioQueue,
          gracePeriod: configuration.audioGracePeriod, statistics: counters, log: log)
        isOpen = true
        opening.update { $0 = .opened }
        guard try goLive(&pipeline) else { return }
        try pipeline.run(until: stop)
        if ending.isSet { try pipeline.finish() }
      } catch {
        guard isOpen else { return opening.update { $0 = .done(error) } }
        log.write(.error, "encoder-failed", stream: configuration.name, "\(error)")
        onFailure(.encoder("\(error)"))
      }
    }
    return opening
  }

  /// The encoder's thread: opens it, fills the window, then encodes what comes.
  private func encode(
    _ place: Int, opened: (FFmpegError?) -> Void, _ onFailure: @Sendable (Failure) -> Void
  ) {
    var isOpen = false
    do throws(FFmpegError) {
      let rendition = renditions[place]
      var track = try VideoTrack(configuration, rendition.settings, window: rendition.window)
      if let reason = track.fallbackReason {
        log.write(
          .warning, "encoder-fallback", stream: configuration.name,
          "\(reason); using \(track.encoderName)")
      }
      isOpen = true
      opened(nil)
      try goLive(&track, rendition)
      let thread = RenditionThread(
        configuration: configuration, window: rendition.window, rendition: place, feed: feed,
        load: load, statistics: counters, log: log)
      try thread.run(&track)
    } catch {
      guard isOpen else { return opened(error) }
      log.write(.error, "encoder-failed", stream: configuration.name, "\(error)")
      onFailure(.encoder("\(error)"))
    }
  }

  /// Fills the window and opens it; all renditions go live with the same frame.
  private func goLive(_ track: inout VideoTrack, _ rendition: Rendition) throws(FFmpegError) {
    let slate = try SlateFrame.make(size: rendition.settings.size)
    let prefill = Prefill(
      segmentation: configuration.segmentation, clock: clock, inputDelay: configuration.inputDelay,
      first: firstSegment, length: Int64(configuration.prefill))
    let due = try prefill.fill(&track, with: slate) { SystemClock.monotonic }
    guard let first = startLine.arrive(due) else { return }
    try prefill.fill(&track, with: slate, from: due, to: first)
    rendition.window.goLive()
    if startLine.isLastReady() { try openFeed(first) }
  }

  private func openFeed(_ first: Int64) throws(FFmpegError) {
    let picture = try SlateFrame.make(size: configuration.size)
    let isCamera = configuration.source != .test
    feed.open(
      SlotSchedule(
        segmentation: configuration.segmentation, clock: clock, first: first,
        inputDelay: configuration.inputDelay, initial: picture, slate: isCamera ? picture : nil))
  }

  private func thread(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(Failure) {
    guard let thread = OSThread(name: name, body) else { throw .thread }
    threads.withLock { $0.append(thread) }
  }
}
