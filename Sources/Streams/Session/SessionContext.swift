// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Media
import Packaging
import Scheduling
import Sharing
import Time

/// The state shared by the threads of one session: clock, sinks, counters, outcome.
final class SessionContext: Sendable {
  /// A rendition and the sink of its chunks.
  struct Output: Sendable {
    let settings: RenditionSettings
    let sink: any ChunkSink
  }

  let configuration: StreamConfiguration
  /// The clock of the stream at the start, and the first segment.
  let anchor: SessionAnchor
  /// The windows of the process that this one replaces; nil if they are filled with slate.
  let takeover: (any WindowTakeover)?
  /// The renditions, top rendition first, and the sinks of their chunks.
  let outputs: [Output]
  /// The audio tracks, and the sinks of their chunks.
  let audio: [AudioOutput]
  /// Requests for key frames of encoded video.
  let keys: KeyRequests
  let statistics: Locked<StreamStatistics>
  /// The outages of the source, over all sessions.
  let outages: SourceOutages
  let log: Log
  /// Takes the metadata of the source.
  let metadata: any MetadataSink
  /// Gets the units of work of the threads.
  let watch: CallWatchdog
  /// Ends the threads.
  let stop = StopFlag()
  /// Set before ``stop`` if the stream ends: the threads then publish the remaining media.
  let ending = StopFlag()
  private let threads: ThreadGroup
  let outcome = Outcome<SessionOutcome>()

  /// The state of a session that publishes to `sinks`, of which each track has one.
  init(
    _ configuration: StreamConfiguration, anchor: SessionAnchor, sinks: [any ChunkSink],
    takeover: (any WindowTakeover)? = nil,
    watch: CallWatchdog = CallWatchdog(), outages: SourceOutages = SourceOutages(),
    metadata: any MetadataSink = NoMetadata(), log: Log
  ) {
    self.metadata = metadata
    self.watch = watch
    self.outages = outages
    self.configuration = configuration
    self.anchor = anchor
    self.takeover = takeover
    self.log = log
    keys = KeyRequests(configuration)
    threads = ThreadGroup(stream: configuration.name, log: log)
    outputs = zip(configuration.renditions, sinks).map { Output(settings: $0, sink: $1) }
    audio = zip(configuration.tracks, sinks).enumerated().compactMap { index, track in
      guard case .audio(let settings, let segmentation) = track.0 else { return nil }
      return AudioOutput(
        settings: settings, segmentation: segmentation, sink: track.1, index: index)
    }
    statistics = Locked(StreamStatistics(renditions: sinks.count))
  }

  /// The clock of the stream at the start.
  var clock: StreamClock { anchor.clock }
  /// The first segment.
  var firstSegment: Int64 { anchor.firstSegment }

  // MARK: Threads

  /// Starts a thread of the session.
  func startThread(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(SessionFailure) {
    guard threads.start(name, body) else { throw .thread }
  }

  /// Starts a thread that opens an encoder, calls `opened`, and then runs.
  ///
  /// - Returns: the result of the opening; a later error is the outcome of the session.
  func startEncoder(
    _ name: String,
    _ body: @escaping @Sendable (_ opened: () -> Void) throws(FFmpegError) -> Void
  ) throws(SessionFailure) -> OpeningResult {
    let opening = OpeningResult()
    try startThread(name) { [self] in
      do throws(FFmpegError) { try body { opening.succeed() } } catch {
        guard !opening.fail(error) else { return }
        log.write(.error, "encoder-failed", stream: configuration.name, "\(error)")
        outcome.set(.failed(.encoder("\(error)")))
      }
    }
    return opening
  }

  /// Waits for the end of all threads, at most until `deadline`.
  func joinThreads(until deadline: MonotonicTime) { threads.join(until: deadline) }

  // MARK: The slate

  /// The first frame in `size`, that of a rendition.
  func slate(_ size: VideoSize) throws(FFmpegError) -> VideoFrame {
    if let file {
      do throws(InputError) { return try file.first(size: size) } catch { warn(error) }
    }
    return try SlateFrame.make(size: size)
  }

  /// The frames in the size of the source, one for each frame time; at least one.
  func slateFrames() throws(FFmpegError) -> [VideoFrame] {
    if let file {
      do throws(InputError) {
        return try file.frames(
          size: configuration.size, rate: configuration.segmentation.grid.rate)
      } catch { warn(error) }
    }
    return [try SlateFrame.make(size: configuration.size)]
  }

  private var file: SlateFile? { configuration.slate.flatMap { SlateFile(path: $0) } }

  private func warn(_ error: InputError) {
    log.write(
      .warning, "slate", stream: configuration.name,
      "\(configuration.slate ?? ""): \(error); the slate is drawn")
  }
}
