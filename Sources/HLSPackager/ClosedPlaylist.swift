// SPDX-License-Identifier: Apache-2.0

package import Media
package import Packaging
import Time

/// A Media Playlist of a span of the past, which never changes.
///
/// - Source: RFC 8216bis §4.4.3.5 (VOD), §4.4.3.4, §4.4.5.1 (EXT-X-DATERANGE)
package struct ClosedPlaylist: Sendable {
  private let dateRanges: [String]
  private let lines: String
  private let first: Int64
  private let targetDuration: Int64
  private let isFinal: Bool

  /// The playlist of `segments`, whose numbers are consecutive; nil without one.
  ///
  /// - Parameters:
  ///   - segments: the segments of the span.
  ///   - segmentation: that of the track.
  ///   - names: the names of media.
  ///   - base: the prefix of each name: empty, or a relative path that ends in a slash.
  ///   - targetDuration: the Target Duration of the stream.
  ///   - events: events of the stream, of which those in the span are listed.
  ///   - isFinal: whether the playlist never changes; if not, its stream may continue later.
  package init?(
    _ segments: [PastSegment], _ segmentation: TrackSegmentation, names: MediaNames, base: String,
    targetDuration: Int64, events: [TimedEvent] = [], isFinal: Bool = true
  ) {
    guard let first = segments.first?.number, let start = segments.first?.programDateTime,
      let last = segments.last
    else { return nil }
    let duration = Interval(ticks: last.duration, timescale: Int64(segmentation.timescale))
    let end = last.programDateTime + duration
    // A return after the span is left out: the playlist was the same before it.
    dateRanges = events.filter { $0.isListed && $0.end >= start && $0.time < end }
      .flatMap { DateRange(event: $0).tags(until: end, events) }
    var lines = PastLines(from: first, names: names, base: base, segmentation)
    for segment in segments { lines.append(segment) }
    self.lines = lines.takeText()
    self.first = names.printed(first)
    self.targetDuration = targetDuration
    self.isFinal = isFinal
  }

  /// The text of the playlist.
  package var text: String {
    var out = PlaylistText()
    out.line("#EXTM3U")
    out.line("#EXT-X-VERSION:6")
    if isFinal { out.line("#EXT-X-PLAYLIST-TYPE:VOD") }
    out.line("#EXT-X-INDEPENDENT-SEGMENTS")
    out.line("#EXT-X-TARGETDURATION:\(targetDuration)")
    out.line("#EXT-X-MEDIA-SEQUENCE:\(first)")
    for tag in dateRanges { out.line(tag) }
    return out.text + lines + "#EXT-X-ENDLIST\n"
  }
}
