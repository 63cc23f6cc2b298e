// SPDX-License-Identifier: Apache-2.0

import Media

extension TrackSegmentation {
  /// The media type of the rendition's media files.
  var mediaType: String { isAudio ? "audio/mp4" : "video/mp4" }
}
