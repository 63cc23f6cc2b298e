// SPDX-License-Identifier: Apache-2.0

/// The playlist of a clip.
enum ClipPlaylist: Sendable {
  /// That of the segments of a rendition; `base` is the relative path to its media.
  case media(base: String)
  /// The Multivariant Playlist of the playlists with this name of all renditions.
  case multivariant(name: String)
}
