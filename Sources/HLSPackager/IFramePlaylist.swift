// SPDX-License-Identifier: Apache-2.0

import Media
package import Packaging
import Time

/// A Media Playlist of the key frames with which the complete segments begin.
///
/// Its segments have the numbers, dates, Discontinuities and gaps of the Media Playlist. Each is
/// the byte range of the first chunk of a segment: `styp prft moof mdat` with one frame, without
/// the CMAF header. The text changes once per segment.
/// - Source: RFC 8216bis §4.4.3.6, §4.4.4.2, §4.4.4.5
package struct IFramePlaylist: Sendable {
  /// The name of the playlist of a rendition.
  package static let file = "iframes.m3u8"

  private let rendition: ListedRendition
  private let targetDuration: Int64

  /// The playlist of `snapshot`; nil if that has no complete segment, or is no video.
  ///
  /// - Parameters:
  ///   - snapshot: the window as playlists list it.
  ///   - names: the names of media.
  ///   - base: the prefix of each name: empty, or a relative path that ends in a slash.
  ///   - targetDuration: the Target Duration of the stream.
  package init?(
    _ snapshot: WindowSnapshot, names: MediaNames, base: String, targetDuration: Int64
  ) {
    guard let rendition = ListedRendition(snapshot, names, base: base),
      rendition.track.size != nil
    else { return nil }
    self.rendition = rendition
    self.targetDuration = targetDuration
  }

  /// The number of the newest complete segment; the text changes with it.
  package static func newestListed(in snapshot: WindowSnapshot) -> Int64 {
    snapshot.segments.last?.number ?? 0
  }

  /// The text of the playlist.
  package func text() -> String {
    let (snapshot, listed) = (rendition.snapshot, rendition.snapshot.listed)
    var out = PlaylistText()
    // EXT-X-MAP in a playlist of I-frames needs version 5, EXT-X-BYTERANGE 4 (§8).
    rendition.head(
      targetDuration, first: listed.first?.number,
      discontinuitySequence: snapshot.discontinuitySequence, to: &out)
    out.line("#EXT-X-I-FRAMES-ONLY")
    var keys = KeyTags(rendition.names, base: rendition.base)
    for segment in listed { write(segment, &keys, to: &out) }
    if snapshot.state == .ended { out.line("#EXT-X-ENDLIST") }
    return out.text
  }

  private func write(_ segment: Segment, _ keys: inout KeyTags, to out: inout PlaylistText) {
    out.segmentHead(
      of: segment.programDateTime, discontinuity: segment.startsDiscontinuity,
      map: rendition.map(segment.period), keys: keys.lines(of: segment.number))
    if let size = keyFrameSize(of: segment) {
      out.line("#EXT-X-BYTERANGE:\(size)@0")
    } else {
      out.line("#EXT-X-GAP")
    }
    // "the time between the presentation time of the I-frame [...] and the presentation time of the
    // next I-frame in the Playlist" (§4.4.3.6).
    rendition.entry(segment.number, ticks: segment.duration, to: &out)
  }

  /// The bytes of a segment up to the end of its key frame; nil if it has none at its start.
  private func keyFrameSize(of segment: Segment) -> Int? {
    guard !segment.isListedAsGap, let first = segment.chunks.first, first.isIndependent else {
      return nil
    }
    return first.size
  }
}
