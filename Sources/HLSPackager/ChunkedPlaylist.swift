// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging

/// A Media Playlist for players that know no parts: complete segments, the open one, and exactly one to come.
///
/// Such players are one segment closer to the live edge when they may ask for the segment that is being made, which is
/// sent chunk by chunk, and for the next, which is held. A second one to come breaks VLC. The durations of both are the
/// nominal ones, which the frame grid makes exact. The text changes once a segment, when the next one opens.
package struct ChunkedPlaylist: Sendable {
  private let snapshot: WindowSnapshot
  private let track: TrackDescription
  private let names: MediaNames
  private let base: String
  private let targetDuration: Int64

  /// The playlist of `snapshot`; nil while it has no complete segment.
  ///
  /// - Parameters:
  ///   - snapshot: the window at one moment.
  ///   - names: the names of media.
  ///   - base: what stands before each name: empty, or a relative path that ends in a slash.
  ///   - targetDuration: that of all the stream's playlists; nil for this rendition's own.
  package init?(
    _ snapshot: WindowSnapshot, names: MediaNames, base: String, targetDuration: Int64? = nil
  ) {
    guard let track = snapshot.track, !snapshot.segments.isEmpty else { return nil }
    self.snapshot = snapshot
    self.track = track
    self.names = names
    self.base = base
    self.targetDuration = targetDuration ?? track.segmentation.targetDuration
  }

  /// The number of the segment whose opening gave the playlist its present text.
  package static func edition(of snapshot: WindowSnapshot) -> Int64 {
    snapshot.open?.number ?? snapshot.segments.last?.number ?? 0
  }

  /// The text of the playlist.
  package func text() -> String {
    // A segment that has just been completed keeps its place as the newest one until the next opens.
    let isBetween = snapshot.open == nil && snapshot.state != .ended
    let complete = snapshot.segments.suffix(snapshot.playlistLength + (isBetween ? 1 : 0))
    var out = PlaylistText()
    out.line("#EXTM3U")
    out.line("#EXT-X-VERSION:6")
    out.line("#EXT-X-INDEPENDENT-SEGMENTS")
    out.line("#EXT-X-TARGETDURATION:\(targetDuration)")
    out.line("#EXT-X-MEDIA-SEQUENCE:\(names.printed(complete.first?.number ?? 0))")
    let passed = snapshot.segments.dropLast(complete.count).count { $0.startsDiscontinuity }
    out.line("#EXT-X-DISCONTINUITY-SEQUENCE:\(snapshot.evictedDiscontinuities + Int64(passed))")
    for segment in complete {
      out.segmentHead(
        of: segment.programDateTime, discontinuity: segment.startsDiscontinuity,
        map: map(segment.run))
      if segment.isGap { out.line("#EXT-X-GAP") }
      entry(segment.number, ticks: segment.duration, to: &out)
    }
    if let open = snapshot.open {
      out.segmentHead(
        of: open.programDateTime, discontinuity: open.startsDiscontinuity, map: map(open.run))
      entry(open.number, ticks: track.segmentation.segmentTicks(open.number), to: &out)
    }
    if snapshot.state == .ended {
      out.line("#EXT-X-ENDLIST")
    } else if let last = newest(complete), EarlyRequests.holdsNext(track.segmentation.video) {
      // From the grid, as the segment itself will print it: a sum of rounded durations could be a millisecond early.
      let segmentation = track.segmentation
      let offset = last.programDateTime - segmentation.nanoseconds(last.firstFrame)
      let next = segmentation.nanoseconds(segmentation.firstFrame(of: last.number + 1))
      out.segmentHead(of: next + offset, discontinuity: false, map: map(last.run))
      entry(last.number + 1, ticks: segmentation.segmentTicks(last.number + 1), to: &out)
    }
    return out.text
  }

  private func newest(
    _ complete: ArraySlice<Segment>
  ) -> (number: Int64, firstFrame: Int64, programDateTime: Int64, run: DiscontinuityPeriod)? {
    if let open = snapshot.open {
      return (open.number, open.firstFrame, open.programDateTime, open.run)
    }
    return complete.last.map { ($0.number, $0.firstFrame, $0.programDateTime, $0.run) }
  }

  private func map(_ run: DiscontinuityPeriod) -> String {
    base + names.name(ofHeader: (snapshot.track(of: run) ?? track).headerHash)
  }

  private func entry(_ number: Int64, ticks: Int64, to out: inout PlaylistText) {
    let timescale = Int64(track.segmentation.timescale)
    let duration = Decimal.string((ticks * 2_000_000 + timescale) / (2 * timescale), digits: 6)
    out.line("#EXTINF:\(duration),")
    out.line(base + names.name(ofSegment: number))
  }
}
