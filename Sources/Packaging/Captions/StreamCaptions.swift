// SPDX-License-Identifier: Apache-2.0

import Sharing
package import Time

/// The captions of a stream over all its sessions: the lock around its ``CueStore``.
package final class StreamCaptions: Sendable {
  /// The languages in the order of the settings; at least one.
  package let tracks: [CaptionTrack]
  private let store: Locked<CueStore>
  private let wakers = Locked<[@Sendable () -> Void]>([])

  /// The captions of these tracks, without cues.
  package init(_ tracks: [CaptionTrack], now: MonotonicTime) {
    self.tracks = tracks
    store = Locked(CueStore(tracks.map(\.language), now: now))
  }

  /// The track whose rendition has this name; nil if there is none.
  package func track(_ rendition: String?) -> CaptionTrack? {
    tracks.first { $0.rendition == rendition }
  }

  /// Calls `wake` after each new cue, on the thread that adds it; `wake` must not block.
  package func subscribe(_ wake: @escaping @Sendable () -> Void) {
    wakers.withLock { $0.append(wake) }
  }

  /// Adds a cue of a program to a stream with this window; see ``CueStore``.
  ///
  /// - Parameters:
  ///   - new: the cue.
  ///   - track: its track.
  ///   - window: the newest snapshot of the top rendition.
  ///   - wall: the wall clock.
  ///   - now: the present time.
  /// - Returns: the cue.
  /// - Throws: the reason why it was not added.
  package func add(
    _ new: CueStore.NewCue, to track: CaptionTrack, _ window: WindowSnapshot, wall: WallTime,
    now: MonotonicTime
  ) throws(CueRefusal) -> Cue {
    let result = store.withLock { store in
      Result { () throws(CueRefusal) in
        let open = Self.forget(&store, window)
        return try store.add(new, in: track.language, open: open, wall: wall, now: now)
      }
    }
    let cue = try result.get()
    wake()
    return cue
  }

  /// Adds a cue of the source to a stream with this window; see ``CueStore``.
  ///
  /// - Returns: the loss; nil if there was none.
  func add(
    ofSource new: CueStore.NewCue, to track: CaptionTrack, _ window: WindowSnapshot, wall: WallTime,
    now: MonotonicTime
  ) -> CueLoss? {
    let loss = store.withLock { store in
      let open = Self.forget(&store, window)
      return store.add(ofSource: new, in: track.language, open: open, wall: wall, now: now)
    }
    if loss == nil || loss == .oldest { wake() }
    return loss
  }

  /// Forgets the cues that are shown in a span.
  package func remove(_ span: Range<WallTime>) { store.withLock { $0.remove(span) } }

  private func wake() { for wake in wakers.withLock({ $0 }) { wake() } }

  /// Forgets the cues before a window; returns its first segment that is not complete.
  private static func forget(_ store: inout CueStore, _ window: WindowSnapshot) -> Int64 {
    if let first = window.segments.first {
      store.forget(before: first.programDateTime, first.number)
    }
    return window.open?.number ?? window.newestSegment.addingSaturated(1)
  }

  /// The cues of a complete segment of a track with this segmentation; see ``CueStore``.
  package func cues(of track: CaptionTrack, in segment: Segment, _ span: Range<WallTime>) -> [Cue] {
    store.withLock { $0.read(track.language, segment: segment.number, span) }
  }

  /// The cues after number `revision` that are not over at `time`, and the number of the newest.
  package func cues(
    of track: CaptionTrack, after revision: UInt32, since time: WallTime
  ) -> (cues: [Cue], revision: UInt32) {
    store.withLock { store in
      (store.cues(of: track.language, after: revision).filter { $0.end > time }, store.revision)
    }
  }

  /// The number of the newest cue of any language; 0 before the first.
  package var revision: UInt32 { store.withLock { $0.revision } }
}
