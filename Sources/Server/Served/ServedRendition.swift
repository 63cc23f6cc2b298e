// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// A rendition with its prepared responses, shared by all loops.
final class ServedRendition: Sendable {
  /// Its name in URLs.
  let name: String
  let window: LiveWindow
  let playlists: PlaylistCache
  let media: MediaResponseCache
  let indices = IndexedSegments()
  /// Its playlists that begin in the past; nil without an archive.
  let rewound: RewoundCache?

  /// Whether the rendition is audio.
  let isAudio: Bool
  /// Whether the rendition is AAC, as far as its codec or the length of its frames is known.
  var isAAC: Bool {
    guard case .audio(let segmentation) = window.segmentation,
      segmentation.samplesPerFrame == AudioSegmentation.samplesPerAACFrame
    else { return false }
    return window.snapshot.track.map { $0.codecs.hasPrefix("mp4a") } ?? true
  }

  init(
    name: String, window: LiveWindow, playlists: PlaylistCache, media: MediaResponseCache,
    rewound: RewoundCache? = nil
  ) {
    self.rewound = rewound
    self.name = name
    self.window = window
    isAudio = window.segmentation.isAudio
    self.playlists = playlists
    self.media = media
  }
}
