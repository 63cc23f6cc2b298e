// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging

extension TrackSegmentation {
  /// The type of a rendition's media.
  var mediaType: String { if case .audio = self { "audio/mp4" } else { "video/mp4" } }
}

/// A rendition with what the server keeps ready for it; shared by all loops.
final class ServedRendition: Sendable {
  /// Its name in URLs.
  let name: String
  let window: LiveWindow
  let playlists: PlaylistCache
  let media: MediaResponseCache

  init(name: String, window: LiveWindow, playlists: PlaylistCache, media: MediaResponseCache) {
    self.name = name
    self.window = window
    self.playlists = playlists
    self.media = media
  }
}
