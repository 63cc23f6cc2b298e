// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// A rendition of a window, as the entries of its playlists need it.
struct ListedRendition: Sendable {
  let snapshot: WindowSnapshot
  let track: TrackDescription
  let names: MediaNames
  /// The prefix of each name: empty, or a relative path that ends in a slash.
  let base: String

  /// Nil if the window has no complete segment.
  init?(_ snapshot: WindowSnapshot, _ names: MediaNames, base: String) {
    guard let track = snapshot.track, !snapshot.segments.isEmpty else { return nil }
    (self.snapshot, self.track, self.names, self.base) = (snapshot, track, names, base)
  }

  /// The URI of the Media Initialization Section of a period.
  func map(_ period: DiscontinuityPeriod) -> String {
    let hash = period.headerHash ?? (snapshot.track(of: period) ?? track).headerHash
    return base + names.name(ofHeader: hash)
  }

  /// The text of a duration.
  func seconds(_ ticks: Int64) -> String {
    PlaylistText.seconds(ticks, Int64(track.segmentation.timescale))
  }

  /// Writes the lines before the first segment.
  func head(
    _ targetDuration: Int64, first: Int64?, discontinuitySequence: Int64,
    to out: inout PlaylistText
  ) {
    out.line("#EXTM3U")
    out.line("#EXT-X-VERSION:6")
    out.line("#EXT-X-INDEPENDENT-SEGMENTS")
    out.line("#EXT-X-TARGETDURATION:\(targetDuration)")
    out.line("#EXT-X-MEDIA-SEQUENCE:\(names.printed(first ?? 0))")
    out.line("#EXT-X-DISCONTINUITY-SEQUENCE:\(discontinuitySequence)")
  }

  /// Writes the duration and the URI of a segment.
  func entry(_ number: Int64, ticks: Int64, to out: inout PlaylistText) {
    out.line("#EXTINF:\(seconds(ticks)),")
    out.line(base + names.name(ofSegment: number))
  }
}
