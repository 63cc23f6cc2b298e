// SPDX-License-Identifier: Apache-2.0

package import Time

/// The live edge of a playlist: pure.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.4
package struct PlaylistEdge: Sendable, Equatable {
  /// The first variant of a Multivariant Playlist; nil in a Media Playlist.
  package let variant: String?
  /// The announced time of the first frame of the part of the hint; nil if there is none.
  package let hintDate: WallTime?
  private let playlist: MediaPlaylist

  /// - Returns: nil if the text is not a playlist.
  package init?(_ text: String) {
    let text = PlaylistText(Array(text.utf8))
    let numbers = text.tags("#EXT-X-MEDIA-SEQUENCE").map { AttributeList.integer($0.value) }
    guard text.isPlaylist, !numbers.contains(nil) else { return nil }
    variant = MultivariantPlaylist(text).variants.first?.uri
    playlist = MediaPlaylist(text)
    var date = ProgramDate()
    for line in text.lines { date.take(line) }
    hintDate = date.next
  }

  /// The number of the segment after the last listed one.
  package var openSegment: Int64 { playlist.nextPart.segment }
  /// The number of listed parts of that segment.
  package var openParts: Int { playlist.nextPart.part }
  /// The part that is made now; nil if there is none.
  package var hint: String? { playlist.hintedPart?.uri }
  /// Seconds; nil without parts.
  package var partTarget: Double? { playlist.partTarget }
  package var hasEnded: Bool { playlist.hasEnded }
  /// The address of the header of the newest media; nil if none is listed.
  package var map: String? { playlist.map?.uri }

  /// The query of a request that is answered when the part of the hint is complete.
  package var blockingQuery: String { "_HLS_msn=\(openSegment)&_HLS_part=\(openParts)" }

  /// Whether this playlist lists more than `earlier`.
  package func isNewer(than earlier: PlaylistEdge) -> Bool {
    playlist.isNewer(than: earlier.playlist)
  }

  /// The address of the open segment: that of a listed one with its number.
  package var openSegmentURI: String? {
    playlist.segments.last?.uri.flatMap { last in
      // bounded: numbers are not negative
      let before = "segment\(openSegment - 1)."
      guard last.firstRange(of: before) != nil else { return nil }
      return last.replacing(before, with: "segment\(openSegment).")
    }
  }
}
