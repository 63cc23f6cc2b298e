// SPDX-License-Identifier: Apache-2.0

/// The form of a playlist's or MPD's URL: the relative URLs in the document depend on its depth.
package enum URLDepth: Hashable, CaseIterable {
  /// `/live.m3u8`, `/manifest.mpd`.
  case root
  /// `/S/playlist.m3u8`, `/S/manifest.mpd`.
  case stream
  /// `/S/ll.m3u8`: LL-HLS also if the stream prefers another form.
  case lowLatency
  /// `/S/R/playlist.m3u8`.
  case rendition
  /// `/S/auto/manifest.mpd`, `/S/auto/media.m3u8`.
  case switched
  /// `/ldash/play/S/manifest.mpd`; a browser gets the player page there.
  case player

  /// The relative path to the folder of a stream; empty, or with a slash at the end.
  func path(to stream: String) -> String {
    switch self {
    case .root: "\(stream)/"
    case .stream, .lowLatency: ""
    case .rendition, .switched: "../"
    case .player: "../../../\(stream)/"
    }
  }

  /// The relative path to the folder of a rendition; empty, or with a slash at the end.
  func path(to stream: String, _ rendition: String) -> String {
    self == .rendition ? "" : path(to: stream) + "\(rendition)/"
  }
}
