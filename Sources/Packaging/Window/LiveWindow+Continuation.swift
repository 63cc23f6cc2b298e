// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import Time

// A window after another one: of another process or server, or of the session before.
extension LiveWindow {
  /// Publishes nothing from segment `first` on: another process continues the window there.
  ///
  /// - Returns: false, without effect, if the segment has begun.
  package func leave(before first: Int64) -> Bool {
    shared.withLock { shared in
      guard shared.snapshot.newestSegment < first else { return false }
      shared.window.leave(before: first)
      return true
    }
  }

  /// The other process has failed: the window continues with the next segment that begins, and the
  /// ones in between are gaps.
  package func stay() { shared.withLock { $0.window.stay() } }

  /// The newest constants of the rendition; nil before ``describe(_:)``.
  package var description: TrackDescription? { shared.withLock { $0.tracks.last } }

  /// Continues the window of another process with the constants `track`: with a Discontinuity if
  /// they have another header than its newest segment.
  package func resume(with track: TrackDescription) {
    shared.withLock { shared in
      guard shared.tracks.last?.headerHash != track.headerHash else { return }
      shared.add(track)
      shared.window.announce(offset: .zero, skipped: 0, headerHash: track.headerHash)
    }
  }

  /// Adds a CMAF header of the window of another server; see ``SegmentStart``.
  package func add(_ track: TrackDescription) { shared.withLock { $0.add(track) } }

  /// Lets the segment of the next chunk begin as it has in the window of another server.
  package func place(_ start: SegmentStart) { shared.withLock { $0.window.place(start) } }

  /// Adds a segment without media as the window of another server has it.
  package func leaveOut(_ start: SegmentStart, duration: Int64) {
    change(isMade: false) { $0.leaveOut(start, duration: duration) }
  }

  /// A segment of the session before that playlists do not list any more; nil if there is none.
  ///
  /// - Source: RFC 8216 §6.2.2: a removed segment stays available.
  package func unlistedSegment(_ number: Int64) -> Segment? { unlisted?.segment(number) }

  /// The CMAF header of such segments with this hash; nil if there is none.
  package func unlistedTrack(_ headerHash: String) -> TrackDescription? {
    unlisted?.tracks.first { $0.headerHash == headerHash }
  }

  var unlisted: EarlierMedia? {
    let now = SystemClock.monotonicTime
    // An ended one releases its bytes outside of the lock.
    let (media, ended) = shared.withLock { shared in
      guard let known = shared.unlisted, known.until <= now else {
        return (shared.unlisted?.media, EarlierMedia?.none)
      }
      shared.unlisted = nil
      return (nil, known.media)
    }
    return ended == nil ? media : nil
  }
}
