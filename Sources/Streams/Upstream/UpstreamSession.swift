// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Logging
import Packaging
import Sharing
import Time

/// A session that serves the stream of another server: checks the messages of its feed, and
/// publishes the media.
///
/// Messages are handled on one thread. Over an interruption of the connection the windows continue
/// if the feed continues the same session without a missing segment.
final class UpstreamSession: Sendable {
  typealias Continuity = UpstreamTrack.Continuity

  private struct State: Sendable {
    var tracks: [UpstreamTrack]
    /// Whether the feed has reached the newest media since it was connected.
    var isCurrent = false
    /// Whether a connection that had reached them was lost.
    var wasLost = false
    var hasEnded = false
  }

  private let context: SessionContext
  private let windows: [LiveWindow]
  private let state: Locked<State>
  /// Nil before the windows are open.
  private let opening = Monitor<Result<Void, SessionFailure>?>(nil)
  private let lastClockError = Locked(Interval.zero)

  /// A session that publishes in `windows`, of which each track has one.
  init(_ context: SessionContext, windows: [LiveWindow]) {
    self.context = context
    self.windows = windows
    let tracks = zip(context.configuration.tracks, windows).map { UpstreamTrack($1, $0) }
    state = Locked(State(tracks: tracks))
  }

  /// Wall clock minus the stream's own, on the first server.
  var clockError: Interval { lastClockError.withLock { $0 } }

  /// The segment from which a feed continues the session; nil if it has no media yet.
  var nextSegment: Int64? {
    state.withLock { state in
      let newest = state.tracks.compactMap(\.newestSegment)
      return newest.count == state.tracks.count ? newest.min() : nil
    }
  }

  /// Blocks until the windows are open, or cannot be opened.
  func waitUntilOpen() throws(SessionFailure) { try opening.wait { $0 }.get() }

  /// Ends the wait, if there is one: the session is stopped.
  func cancel() { settle(.failure(.source("cancelled"))) }

  /// Ends the session, since the feed does not continue it.
  func renew() {
    context.finish(.upstreamChanged)
    settle(.success(()))
  }

  private func settle(_ result: Result<Void, SessionFailure>) {
    opening.update { if $0 == nil { $0 = result } }
  }

  /// Notes that the connection was lost.
  func disconnect() {
    state.withLock { state in
      if state.isCurrent { state.wasLost = true }
      state.isCurrent = false
    }
    context.statistics.withLock { $0.isSourceOnline = false }
  }

  /// Handles a message after the first one of the feed.
  ///
  /// - Returns: whether the session can continue with the feed.
  /// - Throws: the error in a message that no server sends.
  func handle(_ message: FeedMessage) throws(MessageError) -> Continuity {
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
      lastClockError.withLock { $0 = status.clockError }
      context.statistics.withLock { $0.isSourceOnline = status.isSourceOnline }
    case .ended: end()
    }
    return .kept
  }

  private func change<Value: Sendable>(
    _ track: UInt8, _ body: (inout UpstreamTrack) throws(MessageError) -> Value
  ) throws(MessageError) -> Value {
    // The window wakes its readers, which do not take this lock.
    let found = state.withLock { state -> Result<Value, MessageError> in
      guard track < state.tracks.count else {
        return .failure(.invalid(field: "the number of a track", value: "\(track)"))
      }
      do throws(MessageError) { return .success(try body(&state.tracks[Int(track)])) } catch {
        return .failure(error)
      }
    }
    return try found.get()
  }

  private func count(_ chunk: ChunkMessage) {
    context.statistics.withLock { statistics in
      if chunk.track == 0 {
        statistics.inputFrames += UInt64(clamping: chunk.properties.frames)
      }
      guard chunk.track < statistics.renditions.count else { return }
      statistics.renditions[Int(chunk.track)].mediaBytes += UInt64(clamping: chunk.bytes.count)
    }
  }

  /// Opens the windows: they have all that the upstream has.
  private func becomeCurrent() throws(MessageError) {
    let (isOpen, wasLost) = state.withLock { state in
      defer { state.wasLost = false }
      state.isCurrent = true
      var isOpen = true
      for index in state.tracks.indices where !state.tracks[index].goLive() { isOpen = false }
      return (isOpen, state.wasLost)
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
