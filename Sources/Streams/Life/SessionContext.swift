// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing
import Time

/// The state shared by the threads of one session: clock, windows, counters, outcome.
final class SessionContext: Sendable {
  private struct End: Sendable {
    var outcome: StreamSession.Outcome?
    var body: (@Sendable (StreamSession.Outcome) -> Void)?
  }

  let configuration: StreamConfiguration
  /// The clock of the stream, anchored at the start.
  let clock: StreamClock
  /// The first segment of the window.
  let firstSegment: Int64
  /// The renditions, top rendition first.
  let renditions: [StreamSession.Rendition]
  /// The window of the audio; nil without audio.
  let audio: LiveWindow?
  /// Coded audio of a pulled input.
  let audioQueue = AudioQueue()
  let statistics: Locked<StreamStatistics>
  let log: Log
  /// Ends the threads.
  let stop = StopFlag()
  /// Set before ``stop`` if the stream ends: the threads then publish the remaining media.
  let ending = StopFlag()
  private let threads: ThreadGroup
  private let end = Locked(End())

  init(_ configuration: StreamConfiguration, log: Log) {
    let segmentation = configuration.segmentation
    let monotonic = SystemClock.monotonicTime
    clock = StreamClock(
      wall: WallTime(monotonic, plus: SystemClock.wallMinusMonotonic), monotonic: monotonic)
    let current = segmentation.segment(of: clock.frame(atOrAfter: monotonic, on: segmentation.grid))
    // Without prefill the first segment is the next whole segment. The first segment of
    // pass-through begins with the first IDR of the source.
    firstSegment =
      configuration.passesThrough
      ? Self.firstSegment(configuration, clock) ?? current
      : configuration.prefill > 0 ? current - Int64(configuration.prefill) : current + 1
    self.configuration = configuration
    self.log = log
    threads = ThreadGroup(stream: configuration.name, log: log)
    let count = configuration.renditions.count
    let timeout = LadderLoadState.publishTimeout
    let gate = count > 1 ? PublishGate(count: count, gracePeriod: timeout) : nil
    renditions = configuration.renditions.enumerated().map { index, settings in
      StreamSession.Rendition(
        settings: settings,
        window: LiveWindow(
          segmentation: segmentation, playlistLength: configuration.playlistLength,
          retained: configuration.retained, byteLimit: configuration.windowBytes, gate: gate,
          rendition: index))
    }
    gate?.attach(renditions.map(\.window))
    audio = configuration.audioSegmentation.map { segmentation in
      LiveWindow(
        segmentation: .audio(segmentation), playlistLength: configuration.playlistLength,
        retained: configuration.retained, byteLimit: configuration.windowBytes)
    }
    statistics = Locked(StreamStatistics(renditions: count + (audio == nil ? 0 : 1)))
  }

  /// The segment of the first kept access unit; nil if none was kept.
  ///
  /// The mapping of timestamps still settles, so the access unit may be slightly older.
  private static func firstSegment(
    _ configuration: StreamConfiguration, _ clock: StreamClock
  ) -> Int64? {
    guard case .network(let facts) = configuration.source, let first = facts.firstCapture else {
      return nil
    }
    let segmentation = configuration.segmentation
    let frame = clock.frame(atOrAfter: first - .milliseconds(100), on: segmentation.grid)
    return segmentation.segment(of: frame)
  }

  /// Takes the coded audio of a pulled input; nil if it is not used.
  var audioConsumer: InputTarget.AudioConsumer? {
    guard case .input = configuration.audio else { return nil }
    return { [audioQueue] packet, format, captured in
      audioQueue.push(
        .init(bytes: packet.bytes, format: format, pts: packet.pts, captured: captured))
    }
  }

  // MARK: Threads

  /// Starts a thread of the session.
  func startThread(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(StreamSession.Failure) {
    guard threads.start(name, body) else { throw .thread }
  }

  /// Starts a thread that opens an encoder, calls `opened`, and then runs.
  ///
  /// - Returns: the result of the opening; a later error is the outcome of the session.
  func startEncoder(
    _ name: String,
    _ body: @escaping @Sendable (_ opened: () -> Void) throws(FFmpegError) -> Void
  ) throws(StreamSession.Failure) -> OpeningResult {
    let opening = OpeningResult()
    try startThread(name) { [self] in
      do throws(FFmpegError) { try body { opening.succeed() } } catch {
        guard !opening.fail(error) else { return }
        log.write(.error, "encoder-failed", stream: configuration.name, "\(error)")
        finish(.failed(.encoder("\(error)")))
      }
    }
    return opening
  }

  /// Starts the audio thread, if the stream has audio.
  ///
  /// - Parameters:
  ///   - clock: the media clock of the video.
  ///   - firstSegment: the first segment; nil if each period starts with its video.
  ///   - source: creates the source that the thread reads; nil for the audio of an input.
  ///   - goLive: opens the window; returns whether the stream starts.
  /// - Returns: the result of opening the encoder; nil without audio.
  /// - Throws: the failure if the system refuses a thread.
  func startAudio(
    clock: any MediaClock, from firstSegment: Int64?,
    source: @escaping @Sendable () -> (any LocalAudioSource)? = { nil },
    goLive: @escaping @Sendable (inout AudioPipeline) throws(FFmpegError) -> Bool
  ) throws(StreamSession.Failure) -> OpeningResult? {
    guard let audio, let segmentation = configuration.audioSegmentation else { return nil }
    return try startEncoder(StreamConfiguration.audioName) { [self] opened throws(FFmpegError) in
      var pipeline = try AudioPipeline(
        configuration, segmentation: segmentation, window: audio, from: firstSegment,
        clock: clock, source: source(), queue: audioQueue,
        gracePeriod: configuration.audioGracePeriod, statistics: statistics, log: log)
      opened()
      guard try goLive(&pipeline) else { return }
      try pipeline.run(until: stop)
      if ending.isSet { pipeline.finish() }
    }
  }

  /// Waits for the end of all threads, at most until `deadline`.
  func joinThreads(until deadline: MonotonicTime) { threads.join(until: deadline) }

  // MARK: Outcome

  /// Sets the outcome; the first one stays.
  func finish(_ outcome: StreamSession.Outcome) {
    let body = end.withLock { end -> (@Sendable (StreamSession.Outcome) -> Void)? in
      guard end.outcome == nil else { return nil }
      end.outcome = outcome
      return end.body
    }
    body?(outcome)
  }

  /// Calls `body` with the outcome, at once if there is one.
  func whenFinished(_ body: @escaping @Sendable (StreamSession.Outcome) -> Void) {
    let outcome = end.withLock { end in
      end.body = body
      return end.outcome
    }
    if let outcome { body(outcome) }
  }
}
