package import Media
import Sharing

/// One rendition's window: its publisher appends chunks, any thread reads the newest snapshot.
///
/// To publish is to append, to make a snapshot, to swap it under the lock, and to wake those who subscribed. Nothing
/// is rendered or sent here.
package final class LiveWindow: Sendable {
  private struct Shared: Sendable {
    var window: WindowState
    var track: TrackDescription?
    var snapshot: WindowSnapshot
    var wakers: [@Sendable () -> Void] = []
  }

  /// How frames fall into parts and segments.
  package let cadence: Cadence
  private let shared: Locked<Shared>

  /// An empty window that is starting.
  ///
  /// - Parameters:
  ///   - cadence: how frames fall into parts and segments.
  ///   - playlistLength: complete segments that playlists list.
  ///   - retained: complete segments kept for late readers, those that are listed included; at least two more than
  ///     are listed, since a segment stays until its own duration and that of the longest playlist have passed
  ///     (RFC 8216bis §6.2.2).
  package init(cadence: Cadence, playlistLength: Int, retained: Int) {
    self.cadence = cadence
    let window = WindowState(
      cadence: cadence, playlistLength: playlistLength, retained: max(retained, playlistLength + 2))
    shared = Locked(
      Shared(window: window, track: nil, snapshot: WindowSnapshot(window, track: nil)))
  }

  /// What the window has now.
  package var snapshot: WindowSnapshot { shared.withLock { $0.snapshot } }

  /// Asks for `wake` to be called after each change, on the publisher's thread; it must not block.
  package func subscribe(_ wake: @escaping @Sendable () -> Void) {
    shared.withLock { $0.wakers.append(wake) }
  }

  /// Says what the rendition's constants are; once, before the window goes live.
  package func describe(_ track: TrackDescription) {
    shared.withLock { $0.track = track }
  }

  /// Appends a chunk that was made before the stream went live; readers are not told.
  package func appendHistory(_ chunk: Chunk) {
    shared.withLock { $0.window.append(chunk, isHistory: true) }
  }

  /// Opens the window to readers.
  package func goLive() { change { $0.goLive() } }

  /// Appends the next chunk.
  package func publish(_ chunk: Chunk) { change { $0.append(chunk, isHistory: false) } }

  /// Announces a step of the wall clock; see ``WindowState/announce(offset:skipped:)``.
  package func announce(offset: Int64, skipped: Int64) {
    shared.withLock { $0.window.announce(offset: offset, skipped: skipped) }
  }

  /// Ends the stream: what is open becomes the last segment.
  package func end() { change { $0.end() } }

  private func change(_ body: @Sendable (inout WindowState) -> Void) {
    let wakers = shared.withLock { shared in
      body(&shared.window)
      shared.snapshot = WindowSnapshot(shared.window, track: shared.track)
      return shared.wakers
    }
    for wake in wakers { wake() }
  }
}
