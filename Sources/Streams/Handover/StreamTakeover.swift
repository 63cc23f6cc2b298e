// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Isolation
import Logging
import Packaging
import Sharing
import Time

/// The windows of the process that this one replaces, on their way into the windows of a session.
///
/// The other process publishes the segments before ``firstSegment``, this one those from there on:
/// its encoders begin at that segment, and its windows go live when they have the media before it.
/// See ``HandoverSender``.
final class StreamTakeover: WindowTakeover {
  private struct State {
    /// The messages of each track, in their order.
    var messages: [[FeedMessage]]
    /// Whether all have arrived; nil while they arrive.
    var isComplete: Bool?
    /// The number of windows that have their media.
    var filled = 0
  }

  /// How long the other process may be silent: one that is slow on a busy machine has not failed,
  /// and the connection of one that has ended is closed.
  private static let limit = Interval.seconds(15)
  /// The most messages of a track: those of an hour.
  private static let maximumMessages = 500_000

  /// The first segment that this process publishes.
  let firstSegment: Int64
  private let pipe: MessagePipe
  private let state: Monitor<State>

  /// Asks the other process for a stream; nil if it does not hand it over.
  init?(_ configuration: StreamConfiguration, from predecessor: Predecessor) {
    // Only the first session follows the other process.
    guard configuration.earlier == nil, let terms = HandoverTerms(configuration),
      let pipe = HandoverSocket.connect(to: predecessor.process)
    else { return nil }
    let request = FeedMessage.stream(version: FeedMessage.version, Array(terms.text.utf8))
    guard pipe.send(request), case .stream(_, let fields)? = Self.receive(pipe) else { return nil }
    var reader = FieldReader(fields)
    let known = try? reader.integer("a segment number", in: FieldReader.numbers)
    guard let first = known else { return nil }
    firstSegment = first
    self.pipe = pipe
    let count = configuration.tracks.count
    state = Monitor(State(messages: Array(repeating: [], count: count)))
    let reading = OSThread(name: "takeover") { [self] in
      let isComplete = read()
      state.update { $0.isComplete = isComplete }
    }
    if reading == nil { state.update { $0.isComplete = false } }
  }

  /// Receives a message; nil if the other process is silent or gone, or the bytes are no message.
  private static func receive(_ pipe: MessagePipe) -> FeedMessage? {
    try? pipe.receive(until: SystemClock.monotonicTime + limit).message.get()
  }

  /// Receives the media of all tracks; false if the other process has failed.
  private func read() -> Bool {
    while let message = Self.receive(pipe) {
      let track: UInt8
      switch message {
      case .current: return true
      case .track(let number, _), .segment(let number, _, _), .event(let number, _): track = number
      case .chunk(let chunk): track = chunk.track
      case .stream, .status, .ended: return false
      }
      let isTaken = state.update { state in
        guard track < state.messages.count,
          state.messages[Int(track)].count < Self.maximumMessages
        else { return false }
        state.messages[Int(track)].append(message)
        return true
      }
      guard isTaken else { return false }
    }
    return false
  }

  /// Fills the window of a track with the media before ``firstSegment``, for which it waits.
  ///
  /// - Parameters:
  ///   - window: the window, which was described and is not live.
  ///   - index: the number of the track.
  ///   - track: the track.
  /// - Throws: ``FFmpegError`` if the other process has failed.
  func fill(_ window: LiveWindow, _ index: Int, _ track: SessionTrack) throws(FFmpegError) {
    let isComplete = state.wait { $0.isComplete }
    let messages = state.update { state in
      // The window keeps the bytes from now on, and no longer than needed.
      defer { state.messages[index] = [] }
      return state.messages[index]
    }
    guard isComplete, let own = window.description else {
      throw FFmpegError(refused: "the process before has failed within the handover")
    }
    var receiver = UpstreamTrack(window, track)
    do throws(MessageError) {
      for message in messages { try Self.apply(message, to: &receiver) }
    } catch { throw FFmpegError(refused: "the media of the process before: \(error)") }
    guard receiver.newestSegment == firstSegment - 1 else {
      throw FFmpegError(refused: "the process before has not handed over all media")
    }
    window.resume(with: own)
  }

  private static func apply(
    _ message: FeedMessage, to track: inout UpstreamTrack
  ) throws(MessageError) {
    switch message {
    case .track(_, let fields): try track.describe(fields)
    case .segment(_, let start, let gap):
      guard try track.begin(start, gap: gap) == .kept else {
        throw .invalid(field: "a segment number", value: "\(start.number), which is not the next")
      }
    case .chunk(let chunk): _ = try track.take(chunk)
    case .event(_, let event): track.note(event)
    case .stream, .current, .status, .ended: break
    }
  }

  /// Notes that a window is live; when all are, the other process may leave.
  func finish() {
    let isLast = state.update { state in
      state.filled += 1  // bounded: one per track
      return state.filled == state.messages.count
    }
    // The connection stays open: its end would tell the other process that this one has failed.
    if isLast { pipe.send(FeedMessage.current) }
  }
}
