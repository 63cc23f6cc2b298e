// SPDX-License-Identifier: Apache-2.0

import ChunkStream
import Packaging
import Sharing
import Time

/// A track whose media are checked and published in a window.
protocol ReceivedTrack: Sendable {
  /// A track for the window of `track`.
  init(_ window: LiveWindow, _ track: SessionTrack)
}

/// The progress of a session with the messages of its sender.
protocol ReceivedState: Sendable {
  associatedtype Track: ReceivedTrack
  /// In the order of the sender's numbers.
  var tracks: [Track] { get set }

  init(_ tracks: [Track], _ context: SessionContext)
}

/// A session whose media another process or another server sends: its messages are checked, and
/// the media published.
///
/// Messages are handled on one thread at a time.
final class ReceivedSession<State: ReceivedState>: Sendable {
  let context: SessionContext
  let windows: [LiveWindow]
  let state: Locked<State>
  /// Nil before the other end has answered.
  private let opening = Monitor<Result<Void, SessionFailure>?>(nil)
  private let lastClockError = Locked(Interval.zero)

  /// A session that publishes in `windows`, of which each track has one.
  init(_ context: SessionContext, windows: [LiveWindow]) {
    self.context = context
    self.windows = windows
    state = Locked(
      State(zip(context.configuration.tracks, windows).map { State.Track($1, $0) }, context))
  }

  /// Wall clock minus the stream's own.
  var clockError: Interval { lastClockError.withLock { $0 } }

  /// Takes the error of the clock from the other end.
  func note(clockError: Interval) { lastClockError.withLock { $0 = clockError } }

  /// Blocks until the session runs or cannot run.
  func waitUntilOpen() throws(SessionFailure) { try opening.wait { $0 }.get() }

  /// Ends the wait, if there is one: the source is stopped.
  func cancel() { settle(.failure(.source("cancelled"))) }

  /// Ends the wait; later results have no effect.
  ///
  /// - Returns: whether the session was open before.
  @discardableResult
  func settle(_ result: Result<Void, SessionFailure>) -> Bool {
    opening.update { opening in
      if case .success? = opening { return true }
      if opening == nil { opening = result }
      return false
    }
  }

  /// Changes the track with a number that the other end sent.
  func change<Value: Sendable>(
    _ track: UInt8, _ body: (inout State.Track) throws(MessageError) -> Value
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
}
