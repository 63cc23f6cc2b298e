// SPDX-License-Identifier: Apache-2.0

package import Media
import Sharing

/// One rendition's window: its publisher appends chunks, any thread reads the newest snapshot.
///
/// To publish is to append, to make a snapshot, to swap it under the lock, and to wake those who subscribed. Nothing
/// is rendered or sent here.
package final class LiveWindow: Sendable {
  private struct Shared: Sendable {
    var window: WindowState
    var tracks: [TrackDescription] = []
    var snapshot: WindowSnapshot
    /// What playlists list; the same object as `snapshot` where there is no gate.
    var listed: WindowSnapshot
    var listing = WindowListing()
    var wakers: [@Sendable () -> Void] = []

    /// More headers than this are not kept: each comes with a source that was away.
    static let headers = 8

    mutating func add(_ track: TrackDescription) {
      tracks.removeAll { $0.headerHash == track.headerHash }
      tracks = tracks.suffix(Self.headers - 1) + [track]
    }
  }

  /// How frames fall into parts and segments.
  package let segmentation: TrackSegmentation
  private let shared: Locked<Shared>
  private let gate: PublishGate?
  private let rendition: Int

  /// An empty window that is starting.
  ///
  /// - Parameters:
  ///   - segmentation: how frames fall into parts and segments.
  ///   - playlistLength: complete segments that playlists list.
  ///   - retained: complete segments kept for late readers, those that are listed included; at least two more than
  ///     are listed, since a segment stays until its own duration and that of the longest playlist have passed
  ///     (RFC 8216bis §6.2.2).
  ///   - gate: keeps its playlists in step with those of other rungs.
  ///   - rendition: its place among them.
  package init(
    segmentation: TrackSegmentation, playlistLength: Int, retained: Int, gate: PublishGate? = nil,
    rendition: Int = 0
  ) {
    self.segmentation = segmentation
    self.gate = gate
    self.rendition = rendition
    let window = WindowState(
      segmentation: segmentation, playlistLength: playlistLength,
      retained: max(retained, playlistLength + 2))
    let empty = WindowSnapshot(window, tracks: [])
    shared = Locked(Shared(window: window, snapshot: empty, listed: empty))
  }

  /// An empty window of pictures that is starting.
  package convenience init(
    segmentation: Segmentation, playlistLength: Int, retained: Int, gate: PublishGate? = nil,
    rendition: Int = 0
  ) {
    self.init(
      segmentation: .video(segmentation), playlistLength: playlistLength, retained: retained,
      gate: gate,
      rendition: rendition)
  }

  /// What the window has now.
  package var snapshot: WindowSnapshot { shared.withLock { $0.snapshot } }

  /// What playlists list: behind `snapshot` while another rung has not caught up.
  package var listing: WindowSnapshot { shared.withLock { $0.listed } }

  /// Asks for `wake` to be called after each change, on the publisher's thread; it must not block, nor hold the window.
  package func subscribe(_ wake: @escaping @Sendable () -> Void) {
    shared.withLock { $0.wakers.append(wake) }
  }

  /// Says what the rendition's constants are; once, before the window goes live.
  package func describe(_ track: TrackDescription) {
    shared.withLock { $0.tracks = [track] }
  }

  /// Appends a chunk that was made before the stream went live; readers are not told.
  package func appendPrefill(_ chunk: Chunk) {
    shared.withLock { $0.window.append(chunk, isPrefill: true) }
  }

  /// Opens the window to readers.
  package func goLive() { change { $0.goLive() } }

  /// Appends the next chunk.
  package func publish(_ chunk: Chunk) { change { $0.append(chunk, isPrefill: false) } }

  /// Announces a step of the wall clock; see ``WindowState/announce(offset:skipped:)``.
  package func announce(offset: Int64, skipped: Int64) {
    shared.withLock { $0.window.announce(offset: offset, skipped: skipped) }
  }

  /// Begins a run with `chunks`: what was open is complete, numbers that were skipped are gaps, and a Discontinuity
  /// stands before the first chunk; readers see all of it at once.
  ///
  /// The first run of a window begins without a Discontinuity.
  ///
  /// - Parameters:
  ///   - chunks: the first begins a segment.
  ///   - offset: what wall clock is ahead of media time, in nanoseconds.
  ///   - skipped: how many numbers before it have no media.
  ///   - track: what is constant from there on, where the CMAF header is another.
  package func begin(
    _ chunks: [Chunk], offset: Int64, skipped: Int64, track: TrackDescription? = nil
  ) {
    if let track { shared.withLock { $0.add(track) } }
    change { window in
      if window.segments.isEmpty, window.open == nil {
        window.begin(offset: offset)
      } else {
        window.announce(offset: offset, skipped: skipped, headerHash: track?.headerHash)
      }
      for chunk in chunks { window.append(chunk, isPrefill: false) }
    }
  }

  /// Says that segment `number` is not made: it is a gap, and the other rungs do not wait for it.
  ///
  /// The next chunk that is published begins a later segment.
  package func leaveOut(_ number: Int64) { change(isMade: false) { $0.leaveOut(number) } }

  /// Ends the stream: what is open becomes the last segment.
  package func end() { change { $0.end() } }

  /// Lets playlists list everything below `version`; what is not there by then is a gap.
  func list(upTo version: Int64) {
    let wakers: [@Sendable () -> Void] = shared.withLock { shared in
      guard shared.listing.advance(to: version, has: shared.snapshot.version) else { return [] }
      shared.listed = shared.listing.snapshot(of: shared.snapshot)
      return shared.wakers
    }
    for wake in wakers { wake() }
  }

  private func change(isMade: Bool = true, _ body: @Sendable (inout WindowState) -> Void) {
    let (snapshot, wakers) = shared.withLock { shared in
      body(&shared.window)
      let snapshot = WindowSnapshot(shared.window, tracks: shared.tracks)
      let hasEnded = snapshot.state == .ended
      shared.snapshot = snapshot
      if gate == nil || hasEnded { shared.listed = snapshot }
      return (snapshot, shared.wakers)
    }
    if snapshot.state == .live {
      if isMade { gate?.published(snapshot.version, by: rendition) } else { gate?.left(rendition) }
    }
    for wake in wakers { wake() }
  }
}
