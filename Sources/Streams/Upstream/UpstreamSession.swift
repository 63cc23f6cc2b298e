// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Logging
import Packaging
import Sharing

/// The state of a session that serves the stream of another server.
///
/// Over an interruption of the connection the windows continue if the feed continues the same
/// session without a missing segment.
struct UpstreamSessionState: ReceivedState {
  enum Phase: Sendable {
    /// The feed has not reached the newest media yet.
    case opening
    /// The feed has reached the newest media since it was connected.
    case current
    /// A connection that had reached them was lost.
    case lost
  }

  var tracks: [UpstreamTrack]
  var phase = Phase.opening
  var hasEnded = false

  init(_ tracks: [UpstreamTrack], _ context: SessionContext) { self.tracks = tracks }
}

/// A session that serves the stream of another server; its clock is that of the first server.
typealias UpstreamSession = ReceivedSession<UpstreamSessionState>

extension ReceivedSession<UpstreamSessionState> {
  /// The segment from which a feed continues the session; nil if it has no media yet.
  var nextSegment: Int64? {
    state.withLock { state in
      let newest = state.tracks.compactMap(\.newestSegment)
      return newest.count == state.tracks.count ? newest.min() : nil
    }
  }

  /// Ends the session, since the feed does not continue it.
  func renew() {
    context.outcome.set(.upstreamChanged)
    settle(.success(()))
  }

  /// Notes that the connection was lost.
  func disconnect() {
    state.withLock { if $0.phase == .current { $0.phase = .lost } }
    context.statistics.withLock { $0.isSourceOnline = false }
  }

  /// Handles a message after the first one of the feed.
  ///
  /// - Returns: whether the session can continue with the feed.
  /// - Throws: the error in a message that no server sends.
  func handle(_ message: FeedMessage) throws(MessageError) -> UpstreamTrack.Continuity {
    switch message {
    case .stream: throw .invalid(field: "a description", value: "after the first message")
    case .track(let track, let fields):
      try change(track) { track throws(MessageError) in try track.describe(fields) }
    case .segment(let track, let start, let gap):
      return try change(track) { track throws(MessageError) in try track.begin(start, gap: gap) }
    case .chunk(let chunk):
      let isPublished = try change(chunk.track) { track throws(MessageError) in
        try track.take(chunk)
      }
      if isPublished { count(chunk) }
    case .event(let track, let event):
      try change(track) { track throws(MessageError) in track.note(event) }
    case .current: try becomeCurrent()
    case .status(let fields):
      let status = try FeedStatus(fields: fields)
      note(clockError: status.clockError)
      context.statistics.withLock { $0.isSourceOnline = status.isSourceOnline }
    case .ended: end()
    }
    return .kept
  }

  private func count(_ message: ChunkMessage) {
    context.statistics.withLock { statistics in
      if message.track == 0 {
        statistics.inputFrames += UInt64(clamping: message.chunk.frames)
      }
      guard message.track < statistics.renditions.count else { return }
      statistics.renditions[Int(message.track)].mediaBytes += UInt64(clamping: message.chunk.size)
    }
  }

  /// Opens the windows: they have all that the upstream has.
  private func becomeCurrent() throws(MessageError) {
    let (isOpen, wasLost) = state.withLock { state in
      defer { state.phase = .current }
      var isOpen = true
      for index in state.tracks.indices where !state.tracks[index].goLive() { isOpen = false }
      return (isOpen, state.phase == .lost)
    }
    if wasLost { context.statistics.withLock { $0.reconnects += 1 } }
    guard isOpen else { throw .invalid(field: "a track", value: "without a segment") }
    settle(.success(()))
  }

  /// Ends the windows for their players; a feed of another session replaces them.
  private func end() {
    let isFirst = state.withLock { state in
      defer { state.hasEnded = true }
      return !state.hasEnded
    }
    guard isFirst else { return }
    for window in windows { window.end() }
    context.log.write(
      .info, "upstream-ended", stream: context.configuration.name,
      "the stream of the upstream has ended; waiting for another one")
  }
}
