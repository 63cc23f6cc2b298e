// SPDX-License-Identifier: Apache-2.0

/// The depth of a playlist's or MPD's URL; the relative URLs in the document depend on it.
package enum URLDepth: Hashable, CaseIterable {
  /// `/live.m3u8`, `/manifest.mpd`.
  case root
  /// `/S/playlist.m3u8`, `/S/manifest.mpd`.
  case stream
  /// `/S/R/playlist.m3u8`.
  case rendition
  /// `/ldash/play/S/manifest.mpd`; a browser gets the player page there.
  case player

  /// The relative path to the folder of a stream; empty, or with a slash at the end.
  func path(to stream: String) -> String {
    switch self {
    case .root: "\(stream)/"
    case .stream: ""
    case .rendition: "../"
    case .player: "../../../\(stream)/"
    }
  }

  /// The relative path to the folder of a rendition; empty, or with a slash at the end.
  func path(to stream: String, _ rendition: String) -> String {
    self == .rendition ? "" : path(to: stream) + "\(rendition)/"
  }
}
