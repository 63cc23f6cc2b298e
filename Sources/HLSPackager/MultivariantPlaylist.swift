import Media
package import Packaging

/// A Multivariant Playlist as text.
///
/// Constant for the stream's life. - Source: RFC 8216bis §4.4.6
package struct MultivariantPlaylist: Sendable {
  private let tracks: [TrackDescription]
  private let base: String
  private let file: String

  /// The playlist of these renditions, the best first.
  ///
  /// - Parameters:
  ///   - tracks: what is constant of each.
  ///   - base: what stands before each rendition's folder: empty, or a relative path that ends in a slash.
  ///   - file: the name of each rendition's playlist, such as `playlist.m3u8`.
  package init(_ tracks: [TrackDescription], base: String, file: String) {
    self.tracks = tracks
    self.base = base
    self.file = file
  }

  /// The text of the playlist.
  package var text: String {
    var out = PlaylistText()
    out.line("#EXTM3U")
    // The tag also speaks for the Media Playlists (§4.4.1.2), which need 6 for EXT-X-MAP.
    out.line("#EXT-X-VERSION:6")
    for track in tracks {
      out.line(
        "#EXT-X-STREAM-INF:BANDWIDTH=\(track.bandwidth),"
          + "AVERAGE-BANDWIDTH=\(track.averageBandwidth),CODECS=\"\(track.codecs)\","
          + "RESOLUTION=\(track.size),FRAME-RATE=\(track.cadence.grid.rate.decimal)")
      out.line("\(base)\(track.rendition)/\(file)")
    }
    return out.text
  }
}
