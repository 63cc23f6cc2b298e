// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging
import Time

/// A Media Playlist for players without part support.
///
/// It lists complete segments, the open segment, and exactly one future segment.
/// The open segment is sent chunk by chunk and the request for the future segment is held, so these
/// players are one segment closer to the live edge. A second future segment breaks VLC. Both have
/// their nominal durations, which are exact on the frame grid. The text changes once per segment.
/// While the source is away there is no future segment: its number may have no media. Nor is there
/// one of a file that ends: the one after its last segment would be announced and never come.
package struct ChunkedPlaylist: Sendable {
  private let rendition: ListedRendition
  private let targetDuration: Int64
  private let announcesNext: Bool

  /// The playlist of `snapshot`; nil if that has no complete segment.
  ///
  /// - Parameters:
  ///   - snapshot: the window.
  ///   - names: the names of media.
  ///   - base: the prefix of each name: empty, or a relative path that ends in a slash.
  ///   - targetDuration: the Target Duration of the stream; nil for that of this rendition.
  ///   - announcesNext: whether it lists the segment after the open one.
  package init?(
    _ snapshot: WindowSnapshot, names: MediaNames, base: String, targetDuration: Int64? = nil,
    announcesNext: Bool = true
  ) {
    self.announcesNext = announcesNext
    guard let rendition = ListedRendition(snapshot, names, base: base) else { return nil }
    self.rendition = rendition
    self.targetDuration = targetDuration ?? rendition.track.segmentation.targetDuration
  }

  /// A number that rises when the text changes: with the start of a segment, and when the source
  /// goes away during one.
  package static func edition(of snapshot: WindowSnapshot) -> Int64 {
    let newest = snapshot.open?.number ?? snapshot.segments.last?.number ?? 0
    return newest.multipliedSaturated(by: 2).addingSaturated(snapshot.isAway ? 1 : 0)
  }

  /// The text of the playlist.
  package func text() -> String {
    let (snapshot, segmentation) = (rendition.snapshot, rendition.track.segmentation)
    // Until the next segment opens, a complete segment keeps the role of the open segment.
    let isBetween = snapshot.open == nil && snapshot.state != .ended
    let complete = snapshot.listed(more: isBetween ? 1 : 0)
    var out = PlaylistText()
    var keys = KeyTags(rendition.names, base: rendition.base)
    let unlisted = snapshot.segments.dropLast(complete.count).count { $0.startsDiscontinuity }
    rendition.head(
      targetDuration, first: complete.first?.number,
      discontinuitySequence: snapshot.evictedDiscontinuities + Int64(unlisted), to: &out)
    for segment in complete {
      out.segmentHead(
        of: segment.programDateTime, discontinuity: segment.startsDiscontinuity,
        map: rendition.map(segment.period), keys: keys.lines(of: segment.number))
      if segment.isListedAsGap { out.line("#EXT-X-GAP") }
      rendition.entry(segment.number, ticks: segment.duration, to: &out)
    }
    if let open = snapshot.open {
      out.segmentHead(
        of: open.programDateTime, discontinuity: open.startsDiscontinuity,
        map: rendition.map(open.period), keys: keys.lines(of: open.number))
      rendition.entry(open.number, ticks: segmentation.segmentTicks(open.number), to: &out)
    }
    if snapshot.state == .ended {
      out.line("#EXT-X-ENDLIST")
    } else if announcesNext, !snapshot.isAway, EarlyRequests.holdsNext(segmentation.video),
      let last = newest(complete)
    {
      // From the frame grid, as the segment itself will print it: a sum of rounded durations could
      // be 1 ms early.
      let offset = last.programDateTime.offset(from: segmentation.frameTime(of: last.firstFrame))
      let next = segmentation.frameTime(of: segmentation.firstFrame(of: last.number + 1))
      out.segmentHead(
        of: WallTime(next, plus: offset), discontinuity: false, map: rendition.map(last.period),
        keys: keys.lines(of: last.number + 1))
      rendition.entry(last.number + 1, ticks: segmentation.segmentTicks(last.number + 1), to: &out)
    }
    return out.text
  }

  private func newest(
    _ complete: ArraySlice<Segment>
  ) -> (number: Int64, firstFrame: Int64, programDateTime: WallTime, period: DiscontinuityPeriod)? {
    if let open = rendition.snapshot.open {
      return (open.number, open.firstFrame, open.programDateTime, open.period)
    }
    return complete.last.map { ($0.number, $0.firstFrame, $0.programDateTime, $0.period) }
  }
}
