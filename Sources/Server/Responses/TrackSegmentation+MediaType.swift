// SPDX-License-Identifier: Apache-2.0

import Media

extension TrackSegmentation {
  /// The media type of the rendition's media files.
  var mediaType: String { if case .audio = self { "audio/mp4" } else { "video/mp4" } }
}
