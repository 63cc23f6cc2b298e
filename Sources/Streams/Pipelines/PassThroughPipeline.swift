// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Packaging
import Sharing
import Time

/// Packages the access units of a pulled input as received, and its audio beside them.
final class PassThroughPipeline: Pipeline {
  private let context: SessionContext
  private let source: PulledSource?
  private let track: PassThroughTrack

  /// A pipeline of the access units of `source`.
  init(_ context: SessionContext, source: PulledSource?) {
    self.context = context
    self.source = source
    var tracks = [0]
    if context.outputs.count > 1, case .network(let facts) = context.configuration.source {
      tracks = facts.description.videosBySize
    }
    let ends = context.outputs.indices.compactMap { context.anchor.end(ofTrack: $0) }
    track = PassThroughTrack(
      context.configuration, windows: context.outputs.map(\.sink), tracks: tracks,
      first: context.firstSegment, startsAtFirst: context.anchor.countsOn,
      after: ends.max { ($0.segment, $0.end) < ($1.segment, $1.end) },
      maximumGroupTime: source?.maximumGroupTime ?? PassThroughAnalysis.defaultLongestGroup,
      reordering: context.configuration.reordering, statistics: context.statistics,
      watch: context.watch, log: context.log)
  }

  var clockError: Interval { track.clockError }

  func open() throws(SessionFailure) {
    guard let source, case .network(let facts) = context.configuration.source else {
      throw .configuration("only a pulled input can be passed through")
    }
    do throws(FFmpegError) {
      try track.open(facts.description.videos) { [weak context] outcome in
        context?.outcome.set(outcome)
      }
    } catch {
      throw .source("\(error)")
    }
    let clock = VideoTimelineClock(timeline: track.timeline)
    let openings = try context.startAudio(clock: clock, from: nil) { output, _ in
      output.sink.goLive()
      return true
    }
    for opening in openings {
      if let reason = opening.wait() { throw .encoder(reason) }
    }
    context.statistics.withLock { $0.isSourceOnline = true }
    source.attach(context.target(.accessUnits(to: track), track.splices))
  }

  func close() {}

  func reserve(_ number: Int64) { track.reserve(number) }

  func planSplice(_ frame: Int64) { _ = track.splices.plan(frame, .requested) }
}
