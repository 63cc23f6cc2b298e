// SPDX-License-Identifier: Apache-2.0

import Capture
package import Media
import Packaging

/// A track of a session, with the rule that groups its frames.
package enum SessionTrack: Sendable {
  /// A video rendition.
  case video(RenditionSettings, Segmentation)
  /// Audio, among which viewers choose.
  case audio(AudioTrackSettings, AudioSegmentation)

  /// The name in URLs.
  package var name: String {
    switch self {
    case .video(let settings, _): settings.name
    case .audio(let settings, _): settings.name
    }
  }

  /// The bitrate in kbit/s.
  package var bitrateKilobits: Int {
    switch self {
    case .video(let settings, _): settings.bitrateKilobits
    case .audio(let settings, _): settings.encoder.bitrateKilobits
    }
  }

  /// The rule that groups its frames.
  package var segmentation: TrackSegmentation {
    switch self {
    case .video(_, let segmentation): .video(segmentation)
    case .audio(_, let segmentation): .audio(segmentation)
    }
  }
}
