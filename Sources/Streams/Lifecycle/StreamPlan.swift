// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Media
package import Packaging

/// One stream as requested, before its source is opened.
package struct StreamPlan: Sendable {
  /// A running pulled input.
  package enum Source: Sendable {
    /// In this process.
    case inProcess(PulledSource)
    /// In a process of its own, with the encoders.
    case isolated(IsolatedSource)

    /// Starts the input and blocks until its facts are known.
    ///
    /// - Throws: why they will never be known.
    package func begin(_ cancellation: StartCancellation) throws(InputError) -> SourceFacts {
      switch self {
      case .inProcess(let source): try source.begin(cancellation)
      case .isolated(let source): try source.begin(cancellation)
      }
    }

    /// Ends the waits of a session for the input when `cancellation` is cancelled.
    package func follow(_ cancellation: StartCancellation) {
      switch self {
      case .inProcess(let source): source.follow(cancellation)
      case .isolated(let source): source.follow(cancellation)
      }
    }

    /// Ends the input.
    package func stop() {
      switch self {
      case .inProcess(let source): source.stop()
      case .isolated(let source): source.stop()
      }
    }
  }

  /// A running source that the next session takes from the session before.
  package struct ContinuedSource: Sendable {
    /// The source, which has kept its newest units.
    package let source: Source
    /// The facts about it.
    package let facts: SourceFacts
  }

  /// The circumstances of a start.
  package struct Start: Sendable {
    /// Ends the start.
    package let cancellation: StartCancellation
    /// What earlier sessions have found out about the source.
    package let verdict: SourceVerdict
    /// The source of the session before; nil if the start opens its source.
    package let continued: ContinuedSource?
    /// The end of the session before, which this one continues; nil if none has published media.
    package let earlier: WindowEnd?
    /// The segmentation of the session before, which this one keeps unless its source states
    /// another rate; nil for the first session.
    package let segmentation: Segmentation?
    /// The parameters of the audio of earlier sessions by track, which this one keeps.
    package let audio: [String: AudioEncoderSettings]
  }

  /// A session that can be started.
  package struct Session: Sendable {
    /// Its configuration.
    package let configuration: StreamConfiguration
    /// The running pulled input; nil for other sources.
    package let source: Source?
    /// The connected upstream; nil for other sources.
    package let upstream: UpstreamSource?

    /// A session.
    package init(
      _ configuration: StreamConfiguration, source: Source? = nil, upstream: UpstreamSource? = nil
    ) {
      self.configuration = configuration
      self.source = source
      self.upstream = upstream
    }
  }

  /// The first element of its URLs.
  package let name: String
  /// Whether it runs only while it is requested.
  package var isOnDemand = false
  /// Whether a publisher or another machine supplies its media: neither its failure nor its end
  /// ends the program.
  package var isRemote = false
  /// Whether its first session counts on from that of the process before, whose media it does not
  /// have.
  package var countsOnFromPredecessor = false
  /// Whether it is started again some time after a failure.
  package var isRetried = false
  /// The requested options as text: plans with equal text describe the same stream.
  package var requestedOptions: [String] = []
  /// The crashes of the processes of its source.
  package var crashes = SourceCrashes()
  /// The outages of its source.
  package var outages = SourceOutages()
  /// The link to the upstream; nil for other sources.
  package var upstream: UpstreamLink?
  /// The publishers of the stream; nil for other sources.
  package var publishers: StreamPublishers?
  /// Called with the configuration of each started session, on a thread of the stream.
  package var opened: @Sendable (StreamConfiguration) -> Void = { _ in }
  private let prepare: @Sendable (Start) throws(SessionFailure) -> Session

  /// A plan whose source must be open before size and rate are known.
  ///
  /// - Parameters:
  ///   - name: the first element of the stream's URLs.
  ///   - prepare: called for each session, on a thread of the stream, which it may block until it
  ///     is cancelled.
  package init(
    name: String,
    prepare: @escaping @Sendable (Start) throws(SessionFailure) -> Session
  ) {
    self.name = name
    self.prepare = prepare
  }

  /// A plan with a known configuration.
  package init(_ configuration: StreamConfiguration) {
    self.init(name: configuration.name) { start throws(SessionFailure) in
      var configuration = configuration
      configuration.earlier = start.earlier
      return Session(configuration)
    }
  }

  /// The next session; blocks until its source is known.
  ///
  /// - Throws: the reason; any failure once `start` is cancelled.
  func session(_ start: Start) throws(SessionFailure) -> Session { try prepare(start) }
}
