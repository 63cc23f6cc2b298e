// SPDX-License-Identifier: Apache-2.0

import Capture
import Encryption
package import Logging
import Media
package import Packaging
import Scheduling
import Sharing
package import Time

/// One run of a stream, from the opening of its source to its end: the owner of its threads, its
/// windows and its pipeline.
package final class StreamSession: Sendable {
  /// A track that viewers get.
  package struct Rendition: Sendable {
    /// Its name and properties.
    package let track: SessionTrack
    /// Its chunks, parts and segments.
    package let window: LiveWindow
  }

  /// The names of its media.
  package let names: MediaNames

  /// The tracks in the order of their numbers; the first is the top rendition.
  package let renditions: [Rendition]

  /// The windows that carry its events.
  package let events: EventWindows

  private let context: SessionContext
  private let pipeline: any Pipeline
  /// Lists segments while the source is away; nil for media that are encoded or relayed.
  private let outageWatch: OutageWatch?
  private let source: StreamPlan.Source?
  private let upstream: UpstreamSource?
  /// The identity of the session, also on servers that relay it.
  package let identity: UInt64

  /// A session whose clock is anchored now; no thread runs before ``start()``.
  ///
  /// - Parameters:
  ///   - configuration: of the stream, with the facts about its source.
  ///   - source: the running pulled input, which the session stops.
  ///   - upstream: the connected upstream, which the session stops.
  ///   - predecessor: the process that this one replaces; nil for none.
  ///   - outages: of the source, over all sessions.
  ///   - log: for the events of the session.
  package init(
    _ configuration: StreamConfiguration, source: StreamPlan.Source? = nil,
    upstream: UpstreamSource? = nil, replacing predecessor: Predecessor? = nil,
    outages: SourceOutages = SourceOutages(), log: Log
  ) {
    var anchor = SessionAnchor(configuration)
    let takeover = predecessor.flatMap { StreamTakeover(configuration, from: $0) }
    if let takeover { anchor.firstSegment = takeover.firstSegment }
    renditions = Self.renditions(configuration, log)
    // The windows have the media, and forget it with time.
    var configuration = configuration
    configuration.earlier = configuration.earlier?.withoutMedia
    let windows = renditions.map(\.window)
    let events = EventWindows(windows)
    self.events = events
    context = SessionContext(
      configuration, anchor: anchor, sinks: windows, takeover: takeover, outages: outages,
      metadata: SessionMetadata(events, stream: configuration.name, log), log: log)
    var first = anchor.firstSegment
    if !configuration.isRelayed, let earlier = configuration.earlier, earlier.base > 0 {
      // Names of the session before keep their bytes.
      first = earlier.base.addingSaturated(1)
    }
    names = MediaNames(configuration.numbering, first: first, keys: configuration.keys)
    self.source = source
    self.upstream = upstream
    if case .upstream(let facts) = configuration.source {
      identity = facts.identity
    } else {
      identity = .random(in: .min ... .max)
    }
    pipeline =
      switch source {
      case .isolated(let source): ReceivedPipeline(context, windows: windows, source)
      case .inProcess(let source): context.pipeline(of: source)
      case nil:
        if let upstream {
          ReceivedPipeline(context, windows: windows, upstream)
        } else {
          context.pipeline(of: nil)
        }
      }
    outageWatch =
      upstream == nil && configuration.passesThrough
      ? OutageWatch(windows) { [pipeline] number in pipeline.reserve(number) } : nil
  }

  private static func renditions(
    _ configuration: StreamConfiguration, _ log: Log
  ) -> [Rendition] {
    let count = configuration.renditions.count
    let timeout = LadderLoadState.publishTimeout
    let gate = count > 1 ? PublishGate(count: count, gracePeriod: timeout) : nil
    let media = configuration.earlier?.media(
      for: configuration.tracks.map { ($0.name, $0.segmentation) }, configuration.keys)
    let least = configuration.earlier?.minimumListed(configuration.segmentation) ?? 0
    // Encoded ladders leave renditions out; of another server's stream only the windows are known.
    let marksOutages = configuration.isRelayed ? count == 1 : configuration.passesThrough
    let renditions = configuration.tracks.enumerated().map { index, track in
      Rendition(
        track: track,
        window: LiveWindow(
          segmentation: track.segmentation,
          playlistLength: max(configuration.playlistLength, least),
          retained: max(configuration.retained, least + 2), byteLimit: configuration.windowBytes,
          after: configuration.earlier, with: media?[track.name],
          beside: configuration.earlier?.unlisted(track.name),
          gate: index < count ? gate : nil, rendition: index,
          protection: configuration.keys.map { keys in
            TrackProtection(keys) { reason in
              log.write(
                .error, "not-encrypted", stream: configuration.name,
                "\(track.name): media that cannot be encrypted is left out: \(reason)")
            }
          }, marksOutages: marksOutages))
    }
    gate?.attach(renditions.prefix(count).map(\.window))
    return renditions
  }

  /// The configuration.
  package var configuration: StreamConfiguration { context.configuration }

  /// Asks for a key frame of a video rendition.
  ///
  /// The next part that begins a second after the newest key frame begins with it. Without effect
  /// on media that is passed through.
  package func requestKey(_ rendition: String) {
    guard !configuration.passesThrough,
      let index = configuration.renditions.firstIndex(where: { $0.name == rendition })
    else { return }
    pipeline.requestKey(index)
  }

  /// Asks for a key frame of all video renditions at the frame of a splice.
  ///
  /// Without effect on a frame that is encoded. Of media that is passed through the nearest key
  /// frame is logged.
  package func planSplice(_ frame: Int64) { pipeline.planSplice(frame) }

  /// Whether the media are those of another server.
  package var isRelayed: Bool { configuration.isRelayed }

  /// The window of the top rendition.
  package var window: LiveWindow { renditions[0].window }

  /// The counters of the session's threads.
  package var statistics: StreamStatistics {
    var statistics = context.statistics.withLock { $0 }
    if case .inProcess(let source) = source { statistics.sharedWith = source.sharedWith }
    return statistics
  }

  /// Wall clock minus the stream's own; beyond 50 ms it is announced at the next segment.
  package var clockError: Interval { pipeline.clockError }

  /// Starts source and encoders and returns when they are open.
  ///
  /// The window goes live when the prefill is complete.
  ///
  /// - Throws: the first failure; then ``leave()`` releases the rest.
  package func start() throws(SessionFailure) {
    try pipeline.open()
    outageWatch?.start()
    if case .inProcess(let source) = source {
      source.whenEnded { [weak context] in context?.outcome.set(.sourceEnded) }
    }
  }

  /// Calls `body` once when the session ends by itself, on one of its threads; at once if it has
  /// ended.
  package func whenFinished(_ body: @escaping @Sendable (SessionOutcome) -> Void) {
    context.outcome.whenSet(body)
  }

  /// Ends the stream for its players: the source stops, waiting frames are encoded, windows end.
  ///
  /// Returns when that is done.
  package func end() {
    outageWatch?.stop()
    context.ending.set()
    leave()
    for rendition in renditions { rendition.window.end() }
  }

  /// Stops the threads, but not the source: the next session continues it.
  ///
  /// - Returns: the source; nil if it cannot be continued, and is stopped.
  func leaveSource() -> StreamPlan.ContinuedSource? {
    guard let source, case .network(var facts) = configuration.source, !facts.description.isPaced
    else {
      leave()
      return nil
    }
    // A later publisher may have another size.
    if configuration.passesThrough, configuration.renditions.count == 1,
      let size = renditions[0].window.description?.size
    {
      (facts.description.video.width, facts.description.video.height) = (size.width, size.height)
    }
    outageWatch?.stop()
    context.stop.set()
    pipeline.close()
    context.joinThreads(until: SystemClock.monotonicTime + ThreadGroup.limit)
    return StreamPlan.ContinuedSource(source: source, facts: facts)
  }

  /// The end of the session, whose threads have ended; nil if it has published nothing.
  ///
  /// The media of another server comes from there, if it has the media still.
  func takeEnd() -> WindowEnd? {
    var end = WindowEnd(renditions.map { ($0.track.name, $0.window) }, names)
    if let earlier = configuration.earlier, let own = end?.targetDuration {
      end?.targetDuration = max(own, earlier.targetDuration)
    }
    return isRelayed ? end?.withoutMedia : end
  }

  /// Stops the threads without ending the window: players wait for the next session or process.
  ///
  /// Returns after at most 3 s. A thread that still runs is left; its media reaches no player of
  /// another session.
  package func leave() {
    let deadline = SystemClock.monotonicTime + ThreadGroup.limit
    outageWatch?.stop()
    context.stop.set()
    pipeline.close()
    switch source {
    case .inProcess(let source): source.stop(until: deadline)
    case .isolated(let source): source.stop(isEnding: context.ending.isSet, until: deadline)
    case nil: upstream?.stop(until: deadline)
    }
    context.joinThreads(until: deadline)
    SystemMemory.giveBack()
  }
}
